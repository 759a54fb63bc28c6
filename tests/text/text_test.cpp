// Numbers as they are read everywhere, and what messages show of long texts.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "snnsim/error.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/numbers.hpp"
#include "src/text/shell_words.hpp"

namespace snnsim {
namespace {

std::string unsigned_error(const std::string& text, std::uint64_t low = 0,
                           std::uint64_t high = ~std::uint64_t{0}) {
    std::uint64_t number = 77;
    const std::string wrong = read_whole(text, low, high, number);
    EXPECT_TRUE(wrong.empty() || number == 77u) << text;
    return wrong;
}
std::string signed_error(const std::string& text) {
    std::int64_t number = 0;
    return read_whole(text, std::numeric_limits<std::int64_t>::min(),
                      std::numeric_limits<std::int64_t>::max(), number);
}

TEST(WholeNumber, IsDecimalDigits) {
    std::uint64_t number = 0;
    EXPECT_EQ(read_whole("18446744073709551615", std::uint64_t{0}, ~std::uint64_t{0}, number), "");
    EXPECT_EQ(number, ~std::uint64_t{0});
    EXPECT_EQ(read_whole("0", std::uint64_t{0}, std::uint64_t{9}, number), "");
    EXPECT_EQ(number, 0u);
    std::int64_t negative = 0;
    EXPECT_EQ(read_whole("-9223372036854775808", std::numeric_limits<std::int64_t>::min(),
                         std::int64_t{0}, negative),
              "");
    EXPECT_EQ(negative, std::numeric_limits<std::int64_t>::min());
}

TEST(WholeNumber, OtherFormsAreErrorsThatSayWhatToWrite) {
    EXPECT_EQ(unsigned_error("-1"), "must be a non-negative whole number; found '-1'");
    EXPECT_EQ(unsigned_error("0x10"),
              "must be a non-negative whole number; found '0x10' (write it in decimal digits: 16)");
    EXPECT_EQ(signed_error("-0x10"),
              "must be a whole number; found '-0x10' (write it in decimal digits: -16)");
    EXPECT_NE(unsigned_error("0o17").find("digits: 15)"), std::string::npos);
    EXPECT_NE(unsigned_error("0b101").find("digits: 5)"), std::string::npos);
    EXPECT_NE(unsigned_error("017").find("octal: 17)"), std::string::npos);
    EXPECT_NE(signed_error("-007").find("octal: -7)"), std::string::npos);
    EXPECT_NE(unsigned_error("000").find("octal: 0)"), std::string::npos);
    EXPECT_NE(unsigned_error("1_000").find("(write its digits alone: 1000)"), std::string::npos);
    EXPECT_NE(unsigned_error("1,000").find("(write its digits alone: 1000)"), std::string::npos);
    EXPECT_NE(unsigned_error("+5").find("(write 5)"), std::string::npos);
    EXPECT_NE(unsigned_error("1e3").find("(write 1000)"), std::string::npos);
    EXPECT_NE(unsigned_error("2.0").find("(write 2)"), std::string::npos);
    for (const char* text : {"", " ", "-", "+", ".", "x", "1.5", "1e999", ".inf", "nan", "1 ", " 1",
                             "--1", "5e", "\xd9\xa1", "0x", "1__", "10 ms"})
        EXPECT_NE(unsigned_error(text), "") << text;
}

TEST(WholeNumber, BeyondTheLimitsNamesThem) {
    EXPECT_EQ(unsigned_error("18446744073709551616"),
              "must be at most 18446744073709551615; found '18446744073709551616'");
    EXPECT_EQ(signed_error("-9223372036854775809"),
              "must be at least -9223372036854775808; found '-9223372036854775809'");
    EXPECT_EQ(unsigned_error("0", 1, 4096), "must be at least 1; found '0'");
    EXPECT_EQ(unsigned_error("4097", 1, 4096), "must be at most 4096; found '4097'");
    EXPECT_LT(unsigned_error(std::string(100000, '9')).size(), 300u);
}

std::string decimal_error(const std::string& text) {
    double number = 0.0;
    std::string_view rest;
    return read_decimal(text, number, rest);
}

TEST(DecimalNumber, IsWhatItSays) {
    const auto value = [](const std::string& text) {
        double number = NAN;
        std::string_view rest;
        EXPECT_EQ(read_decimal(text, number, rest), "") << text;
        return std::pair(number, std::string(rest));
    };
    EXPECT_EQ(value("-65 mV"), std::pair(-65.0, std::string(" mV")));
    EXPECT_EQ(value("+.5e-3s"), std::pair(0.5e-3, std::string("s")));
    EXPECT_EQ(value("0.25"), std::pair(0.25, std::string()));
    EXPECT_EQ(value("0"), std::pair(0.0, std::string()));
    EXPECT_EQ(value("1e-310").first, 1e-310);
    EXPECT_EQ(value("5."), std::pair(5.0, std::string()));
}

TEST(DecimalNumber, OtherFormsAreErrors) {
    for (const char* text : {".inf", "-.INF ms", "+inf", "nan", ".NaN mV", "Infinity", "1e400"})
        EXPECT_NE(decimal_error(text).find("must be finite"), std::string::npos) << text;
    for (const char* text : {"", "strong", "-", "+", ".", "-.x", "infinite", "--5", "ms"})
        EXPECT_NE(decimal_error(text).find("is no number"), std::string::npos) << text;
    EXPECT_NE(decimal_error("0x10 ms").find("is hexadecimal"), std::string::npos);
    EXPECT_NE(decimal_error("-0X1p3").find("is hexadecimal"), std::string::npos);
    EXPECT_NE(decimal_error("010 ms").find("has a leading 0"), std::string::npos);
    EXPECT_NE(decimal_error("1_000 ms").find("digits without '_'"), std::string::npos);
    EXPECT_NE(decimal_error("1,5 mV").find("with a point"), std::string::npos);
    EXPECT_NE(decimal_error("1e-400").find("too near 0"), std::string::npos);
    EXPECT_NE(decimal_error("0." + std::string(400, '0') + "1").find("too near 0"),
              std::string::npos);
}

TEST(Excerpt, IsShortAndOfWholeCharacters) {
    EXPECT_EQ(excerpt("short"), "short");
    EXPECT_EQ(excerpt("two\nlines\x1b[31m"), "two lines [31m");
    const std::string cut = excerpt("begin" + std::string(1000000, 'x') + "end");
    EXPECT_EQ(cut.size(), 160u);
    EXPECT_EQ(cut.substr(0, 5), "begin");
    EXPECT_EQ(cut.substr(157), "end");
    EXPECT_NE(cut.find("x...x"), std::string::npos);
    std::string umlauts;
    for (int k = 0; k < 200; ++k) umlauts += "\xc3\xa4";
    const std::string few = excerpt(umlauts);
    EXPECT_EQ(few.size(), 2u * 157u + 3u);
    EXPECT_EQ(excerpt(umlauts.substr(0, 2 * 160)), umlauts.substr(0, 2 * 160));
}

TEST(Excerpt, HoldsThePlaceInItsMiddle) {
    std::string line(1000, 'a');
    line[500] = '!';
    const Excerpt middle = excerpt_around(line, 500);
    EXPECT_EQ(middle.text.size(), 160u);
    EXPECT_EQ(middle.text[middle.before.size()], '!');
    EXPECT_EQ(middle.text.substr(0, 4), "...a");
    EXPECT_EQ(middle.text.substr(156), "a...");
    for (const std::size_t place : {0u, 3u, 79u, 80u, 81u, 920u, 997u, 999u, 1000u}) {
        std::string other(1000, 'a');
        if (place < 1000) other[place] = '!';
        const Excerpt e = excerpt_around(other, place);
        EXPECT_EQ(e.text.size(), 160u) << place;
        EXPECT_EQ(e.text.substr(0, e.before.size()), e.before);
        EXPECT_TRUE(place == 1000 || e.text[e.before.size()] == '!') << place;
    }
    EXPECT_EQ(excerpt_around("abc", 1).before, "a");
    EXPECT_EQ(excerpt_around("abc", 9).text, "abc");
}

TEST(Excerpt, BoundsATextOfManyLines) {
    std::string text;
    for (int k = 0; k < 5000; ++k) text += "line\n";
    EXPECT_EQ(bounded(text, 2000, 10),
              "line\nline\nline\nline\nline\nline\nline\nline\nline\nline\n...");
    EXPECT_EQ(bounded("one\ntwo"), "one\ntwo");
    EXPECT_EQ(bounded(std::string(10000000, 'x')).size(), 2000u);
}

TEST(ShellWords, AreCutAtBlanksOutsideOfQuotes) {
    using Words = std::vector<std::string>;
    EXPECT_EQ(shell_words(""), Words{});
    EXPECT_EQ(shell_words("  srun -n1\t-c 8\n"), (Words{"srun", "-n1", "-c", "8"}));
    EXPECT_EQ(shell_words("'a b'c \"d 'e'\" ''"), (Words{"a bc", "d 'e'", ""}));
    EXPECT_EQ(shell_words(R"(a\ b \" 'c\' "d\"\\\e")"), (Words{"a b", "\"", "c\\", R"(d"\\e)"}));
    EXPECT_EQ(shell_words("ends\\"), (Words{"ends\\"}));
    EXPECT_THROW(shell_words("'a"), UsageError);
    EXPECT_THROW(shell_words("a \"b"), UsageError);
}

}  // namespace
}  // namespace snnsim
