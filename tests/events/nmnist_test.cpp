// The .bin files of N-MNIST, by bytes that other readers were shown.
#include "src/events/nmnist.hpp"

#include "tests/events/event_checks.hpp"

namespace snnsim {
namespace {

constexpr PixelArray sensor{34, 34};

Events read(const std::vector<std::uint8_t>& bytes, TimeMarks marks = TimeMarks::add,
            const PixelArray& pixels = sensor) {
    return read_nmnist(bytes, "a.file", pixels, marks);
}

TEST(Nmnist, EventsAsAllReadersGiveThem) {
    EXPECT_EQ(listed(read(hex("05 07 80 00 0a 21 00 01 11 70 00 21 fa 12 00"))),
              (std::vector<Event>{{5, 7, 10, 1}, {33, 0, 70000, 0}, {0, 33, 8000000, 1}}));
    EXPECT_EQ(read({}).size(), 0u);
}

TEST(Nmnist, MarksOfOverflowAddUp) {
    const auto bytes =
        hex("01 01 80 00 64 00 f0 00 00 c8 02 02 00 01 2c 00 f0 00 01 90 03 03 80 01 f4");
    const Events added = read(bytes);  // as tonic and aermanager
    EXPECT_EQ(listed(added),
              (std::vector<Event>{{1, 1, 100, 1}, {2, 2, 8492, 0}, {3, 3, 16884, 1}}));
    EXPECT_EQ(added.left_out[LeftOut::time_marks], 2u);
    const Events kept = read(bytes, TimeMarks::keep, {34, 241});  // as SpikingJelly and evio
    EXPECT_EQ(
        listed(kept),
        (std::vector<Event>{
            {1, 1, 100, 1}, {0, 240, 200, 0}, {2, 2, 300, 0}, {0, 240, 400, 0}, {3, 3, 500, 1}}));
    EXPECT_EQ(kept.left_out[LeftOut::time_marks], 0u);
    EXPECT_NE(data_error([&] {
                  read(bytes, TimeMarks::keep);
              }).find("event 1 (from 0) is at x = 0, y = 240, outside of a sensor of 34 columns"),
              std::string::npos);
}

TEST(Nmnist, WhatIsOutsideOfTheSensorIsNamed) {
    EXPECT_TRUE(data_error([] {
                    read(hex("05 07 80 00 0a 22 00 01 11 70"));
                }).starts_with("a.file: event 1 (from 0) is at x = 34, y = 0"));
    EXPECT_TRUE(data_error([] {
                    read(hex("05 22 80 00 0a"));
                }).starts_with("a.file: event 0 (from 0) is at x = 5, y = 34"));
}

TEST(Nmnist, CutFiles) {
    expect_errors_where_cut(
        hex("05 07 80 00 0a 21 00 01 11 70 00 21 fa 12 00"), [](const auto& b) { read(b); },
        [](std::size_t n) { return n % 5 == 0; });
}

}  // namespace
}  // namespace snnsim
