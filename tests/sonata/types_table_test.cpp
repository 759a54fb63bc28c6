#include "src/sonata/types_table.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "snnsim/error.hpp"

namespace snnsim::sonata {
namespace {

std::string path() {
    return testing::TempDir() + "types_table_test.csv";
}
TypesTable table_of(const std::string& text) {
    std::ofstream(path()) << text;
    return {path(), "edge_type_id"};
}
std::string error_of(const std::string& text) {
    try {
        table_of(text);
    } catch (const FileError& e) {
        return std::string(e.what()).substr(path().size());
    }
    return "none";
}

TEST(SonataTypesTable, ReadsColumnsBetweenBlanks) {
    const TypesTable table = table_of(
        "edge_type_id  name syn_weight\r\n7 \"a \"\"b\"\" c\" -1.5e1\n\n100.0 NULL NULL\n");
    ASSERT_NE(table.find(7), nullptr);
    EXPECT_EQ(*table.find(7)->find("name"), "a \"b\" c");
    EXPECT_EQ(table.find(7)->number("syn_weight", 0.0), -15.0);
    EXPECT_EQ(table.find(7)->number("delay", 2.0), 2.0);
    ASSERT_NE(table.find(100), nullptr);
    EXPECT_EQ(table.find(100)->find("name"), nullptr);
    EXPECT_EQ(table.find(100)->number("syn_weight", 4.0), 4.0);
    EXPECT_EQ(table.find(8), nullptr);
    EXPECT_TRUE(table.has_column("name"));
    EXPECT_FALSE(table.has_column("names"));
    EXPECT_EQ(table.size(), 2u);
}

TEST(SonataTypesTable, TellsTheLine) {
    EXPECT_EQ(error_of("a b\n1 2\n"),
              ":1: the column 'edge_type_id' is missing; columns have spaces between them");
    EXPECT_EQ(error_of("edge_type_id x\n1\n").substr(0, 40),
              std::string(":2: 1 value, but the header names 2 columns").substr(0, 40));
    EXPECT_EQ(error_of("edge_type_id\nx\n"), ":2: edge_type_id 'x' is no whole number");
    EXPECT_EQ(error_of("edge_type_id\n1.5\n"), ":2: edge_type_id '1.5' is no whole number");
    EXPECT_EQ(error_of("edge_type_id\n1\n1\n"), ":3: edge_type_id 1 is there twice");
    EXPECT_EQ(error_of("edge_type_id x\n1 \"y\n"), ":2: a quote (\") is not closed");
    EXPECT_EQ(error_of(""), ": it is empty");
    const TypesTable table = table_of("edge_type_id w\n1 much\n");
    EXPECT_THROW(table.find(1)->number("w", 0.0), FileError);
}

}  // namespace
}  // namespace snnsim::sonata
