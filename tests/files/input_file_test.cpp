// What is looked at before a file is read, and the one conversion to whole numbers.
#include "src/files/input_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "snnsim/error.hpp"
#include "src/files/room.hpp"
#include "src/files/whole_number.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

class InputFile : public testing::Test {
  protected:
    void SetUp() override { fs::create_directories(folder_); }
    void TearDown() override { fs::remove_all(folder_); }

    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    std::string write(const std::string& content) const {
        std::ofstream(path("a"), std::ios::binary) << content;
        return path("a");
    }
    std::vector<std::string> lines(const std::string& content) const {
        std::vector<std::string> out;
        LineReader reader(write(content));
        while (const auto line = reader.next()) {
            out.emplace_back(*line);
            EXPECT_EQ(reader.number(), out.size());
        }
        EXPECT_FALSE(reader.next());
        return out;
    }
    template <class F>
    static std::string error(F&& f) {
        try {
            f();
        } catch (const FileError& e) {
            return e.what();
        }
        return "no error";
    }

  private:
    fs::path folder_ = fs::temp_directory_path() / ("snnsim_input_" + std::to_string(getpid()));
};

using Lines = std::vector<std::string>;

TEST_F(InputFile, SaysWhatIsNoFile) {
    EXPECT_EQ(why_unreadable(write("x")), "");
    EXPECT_EQ(why_unreadable(path("none")), "there is no such file");
    EXPECT_EQ(why_unreadable(path("a") + "/b"), "there is no such file");
    EXPECT_EQ(why_unreadable(path("")), "it is a folder");
    EXPECT_EQ(why_unreadable("/dev/zero"), "it is a device, and only plain files are read");
    EXPECT_EQ(why_unreadable(path(std::string(300, 'n'))), "its name is too long");
    ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
    EXPECT_EQ(why_unreadable(path("pipe")), "it is a named pipe, and only plain files are read");
    fs::create_symlink(path("loop"), path("loop"));
    EXPECT_EQ(why_unreadable(path("loop")), "its links lead to each other");
    EXPECT_EQ(
        error([&] { LineReader reader(path("pipe")); }),
        "cannot open " + path("pipe") + ": it is a named pipe, and only plain files are read");
}

TEST_F(InputFile, LinesOfAnyEnd) {
    EXPECT_EQ(lines(""), Lines{});
    EXPECT_EQ(lines("a"), Lines{"a"});
    EXPECT_EQ(lines("a\nb\r\n\n\r\nc"), (Lines{"a", "b", "", "", "c"}));
    EXPECT_EQ(lines("\xEF\xBB\xBF"
                    "a\n"),
              Lines{"a"});
    EXPECT_EQ(lines("\xEF\xBB\xBF"), Lines{});
}

TEST_F(InputFile, LinesAcrossTheBuffersEnd) {
    Lines wanted;
    std::string content;
    for (std::size_t k = 0; content.size() < (5u << 20); ++k) {
        wanted.push_back(std::string(k * 7919 % 100000, static_cast<char>('a' + k % 26)));
        content += wanted.back() + (k % 3 ? "\n" : "\r\n");
    }
    EXPECT_EQ(lines(content), wanted);
    const std::size_t longest = 1 << 20;
    EXPECT_EQ(lines("x\n" + std::string(longest, 'y')), (Lines{"x", std::string(longest, 'y')}));
    EXPECT_EQ(lines("x\n" + std::string(longest, 'y') + "\nz"),
              (Lines{"x", std::string(longest, 'y'), "z"}));
    EXPECT_EQ(error([&] { lines("x\n" + std::string(longest + 1, 'y') + "\nz"); }),
              path("a") + ":2: a line of more than 1 MB");
}

TEST_F(InputFile, SmallTextsAreSmall) {
    EXPECT_EQ(read_small_text(write("")), "");
    const std::string text(100000, 't');
    EXPECT_EQ(read_small_text(write(text)), text);
    fs::resize_file(write("a"), std::uint64_t{1} << 34);
    EXPECT_NE(error([&] { read_small_text(path("a")); }).find("is larger than 17 MB"),
              std::string::npos);
    EXPECT_FALSE(read_small_text("/proc/self/status").empty());  // whose size is said to be 0
}

TEST_F(InputFile, RoomIsAskedFor) {
    EXPECT_EQ(error([] { require_room(1000, "it"); }), "no error");
    const std::string message = error([] { require_room(std::uint64_t{1} << 60, "the list 'x'"); });
    EXPECT_EQ(message.find("the list 'x' takes 1152922 TB of memory, and "), 0u) << message;
}

TEST(WholeNumber, IsOneOrNothing) {
    EXPECT_EQ(whole_number<std::uint32_t>(4294967295.0), 4294967295u);
    EXPECT_FALSE(whole_number<std::uint32_t>(4294967296.0));
    EXPECT_FALSE(whole_number<std::uint32_t>(std::int64_t{1} << 32));
    EXPECT_FALSE(whole_number<std::uint32_t>(-1));
    EXPECT_FALSE(whole_number<std::uint32_t>(-1.0));
    EXPECT_EQ(whole_number<std::uint32_t>(-0.0), 0u);
    for (const double none : {0.7, 1.9, -0.5, 1e300, -1e300, std::nan(""), HUGE_VAL, -HUGE_VAL})
        EXPECT_FALSE(whole_number<std::uint64_t>(none)) << none;
    EXPECT_EQ(whole_number<std::uint64_t>(0x1p63), std::uint64_t{1} << 63);
    EXPECT_FALSE(whole_number<std::uint64_t>(0x1p64));
    EXPECT_EQ(whole_number<std::int64_t>(-0x1p63), std::numeric_limits<std::int64_t>::min());
    EXPECT_FALSE(whole_number<std::int64_t>(0x1p63));
    EXPECT_FALSE(whole_number<std::int64_t>(~std::uint64_t{0}));
    EXPECT_EQ(whole_number<std::int32_t>(-0x1p31), std::numeric_limits<std::int32_t>::min());
    EXPECT_FALSE(whole_number<std::int32_t>(0x1p31));
    EXPECT_EQ(whole_number<std::uint8_t>(255.0f), 255);
    EXPECT_FALSE(whole_number<std::uint8_t>(256.0f));
    EXPECT_EQ(index_below(4, 5), 4u);
    EXPECT_FALSE(index_below(5, 5));
    EXPECT_FALSE(index_below(std::uint64_t{1} << 33, std::uint64_t{1} << 40));
}

}  // namespace
}  // namespace snnsim
