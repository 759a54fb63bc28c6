#include "src/sonata/config.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "snnsim/error.hpp"

namespace snnsim::sonata {
namespace {

namespace fs = std::filesystem;

class SonataConfig : public testing::Test {
  protected:
    SonataConfig() {
        const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
        folder_ = fs::path(testing::TempDir()) / ("sonata_" + std::string(test->name()));
        fs::remove_all(folder_);
        fs::create_directories(folder_);
    }
    std::string write(const std::string& name, const std::string& text) const {
        const fs::path path = folder_ / name;
        fs::create_directories(path.parent_path());
        std::ofstream(path) << text;
        return path.string();
    }
    static std::string error_of(const std::string& path) {
        try {
            read_config(path);
        } catch (const FileError& e) {
            return e.what();
        }
        return "none";
    }

    fs::path folder_;
};

TEST_F(SonataConfig, PutsInVariablesInAnyOrder) {
    const Config config = read_config(write("c.json", R"({
        "manifest": {"$C": "$B/c", "B": "${A}b", "$A": "/a"},
        "run": {"x": "$C/$A", "y": ["${C}", "$Cx", "$"], "z": 3}})"));
    const Item& run = *config.find("run");
    EXPECT_EQ(run.at("x").text(), "/ab/c//a");
    EXPECT_EQ(run.at("y").items()[0].text(), "/ab/c");
    EXPECT_EQ(run.at("y").items()[1].text(), "$Cx");
    EXPECT_EQ(run.at("y").items()[2].text(), "$");
    EXPECT_EQ(run.at("z").number(), 3.0);
}

TEST_F(SonataConfig, PathsAreRelativeToTheFileTheyStandIn) {
    write("net/circuit.json",
          R"({"components": {"d": "models", "e": "/x", "f": "${configdir}/m"}})");
    const Config config = read_config(write("c.json", R"({"network": "net/circuit.json"})"));
    const Item& components = *config.find("components");
    EXPECT_EQ(components.at("d").path(), (folder_ / "net/models").string());
    EXPECT_EQ(components.at("e").path(), "/x");
    EXPECT_EQ(components.at("f").path(), (folder_ / "net/m").string());
}

TEST_F(SonataConfig, TellsWhatIsWrongWithItsPlace) {
    EXPECT_EQ(error_of(write("a.json", "{\n\"a\": 1,\n}")),
              (folder_ / "a.json").string() + ":3:1: this is no JSON");
    EXPECT_NE(error_of(write("b.json", R"({"manifest": {"$A": "$B", "$B": "x$A"}})"))
                  .find("b.json: manifest: these name each other"),
              std::string::npos);
    EXPECT_NE(error_of(write("c.json", R"({"network": "c.json"})")).find("in a circle"),
              std::string::npos);
    EXPECT_NE(error_of(write("d.json", "[]")).find("must be an object"), std::string::npos);
}

TEST_F(SonataConfig, VariablesDoNotGrowWithoutBound) {
    std::string manifest = "\"$A0\": \"0123456789\"";
    for (int k = 1; k < 40; ++k)
        manifest += fmt::format(", \"$A{}\": \"$A{}$A{}\"", k, k - 1, k - 1);
    EXPECT_NE(error_of(write("a.json", "{\"manifest\": {" + manifest + "}}")).find("longer than"),
              std::string::npos);
}

}  // namespace
}  // namespace snnsim::sonata
