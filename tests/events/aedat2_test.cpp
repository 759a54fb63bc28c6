// AEDAT 2.0 of a DVS128 and of DAVIS cameras, by bytes that other readers were shown.
#include "src/events/aedat2.hpp"

#include "tests/events/event_checks.hpp"

namespace snnsim {
namespace {

const std::string header = "#!AER-DAT2.0\r\n# This is a raw AE data file\r\n";
const std::string dvs = "00 00 09 0b 00 00 00 64 00 00 00 fe 00 00 00 6e 00 00 7f 01 00 00 00 78";
const std::string davis = "02 40 58 00 00 00 00 64 00 15 90 00 00 00 00 6e 40 c0 08 00 00 00 00 78";

Events read(const std::string& data, const AddressReading& reading,
            const std::string& begin = header) {
    return read_aedat2(joined(begin, hex(data)), "a.file", reading);
}
std::vector<Event> read_as(AddressLayout layout) {
    return listed(read(dvs, {Camera::dvs128, layout}));
}

TEST(Aedat2, LayoutsOfADvs128) {
    EXPECT_EQ(read_as(AddressLayout::raw),
              (std::vector<Event>{{5, 9, 100, 1}, {127, 0, 110, 0}, {0, 127, 120, 1}}));
    EXPECT_EQ(read_as(AddressLayout::aermanager),
              (std::vector<Event>{{9, 5, 100, 1}, {0, 127, 110, 0}, {127, 0, 120, 1}}));
    EXPECT_EQ(read_as(AddressLayout::spikingjelly),
              (std::vector<Event>{{118, 122, 100, 0}, {127, 0, 110, 1}, {0, 127, 120, 0}}));
}

TEST(Aedat2, LayoutsOfADavis) {
    EXPECT_EQ(listed(read(davis, {Camera::davis346, AddressLayout::tonic})),
              (std::vector<Event>{{340, 250, 100, 1}, {0, 259, 110, 0}, {345, 0, 120, 1}}));
    const auto raw = listed(read(davis, {Camera::davis346, AddressLayout::raw}));
    EXPECT_EQ(raw, (std::vector<Event>{{5, 9, 100, 1}, {345, 0, 110, 0}, {0, 259, 120, 1}}));
    EXPECT_EQ(listed(read(davis, {Camera::davis346, AddressLayout::aermanager}))[0],
              (Event{9, 5, 100, 1}));
    EXPECT_NE(data_error([] {
                  read(davis, {Camera::davis240, AddressLayout::raw});
              }).find("event 1 (from 0) is at x = 345, y = 0"),
              std::string::npos);
    EXPECT_EQ(pixels_of(Camera::davis346, AddressLayout::aermanager).width, 260);
    EXPECT_FALSE(has_layout(Camera::davis240, AddressLayout::tonic));
    EXPECT_FALSE(has_layout(Camera::davis346, AddressLayout::spikingjelly));
}

TEST(Aedat2, WhatIsNoPixel) {
    const std::string external = "00 00 89 0b 00 00 00 64";  // bit 15
    const Events dropped = read(external, {Camera::dvs128, AddressLayout::raw});
    EXPECT_EQ(dropped.size(), 0u);
    EXPECT_EQ(dropped.left_out[LeftOut::no_pixel], 1u);
    EXPECT_EQ(listed(read(external, {Camera::dvs128, AddressLayout::raw, InvalidEvents::keep})),
              (std::vector<Event>{{5, 9, 100, 1}}));
    const std::string sample = "82 40 58 00 00 00 00 64 02 40 5c 00 00 00 00 64";  // bits 31, 10
    EXPECT_EQ(read(sample, {Camera::davis346, AddressLayout::raw}).left_out[LeftOut::no_pixel], 2u);
    EXPECT_EQ(read(sample, {Camera::davis346, AddressLayout::raw, InvalidEvents::keep}).size(), 2u);
}

TEST(Aedat2, TimesAreUnsigned) {
    EXPECT_EQ(read("00 00 09 0b ff ff ff ff", {}).t[0], 4294967295);
}

TEST(Aedat2, DataThatLooksLikeAHeader) {
    // y bits 142 of a DAVIS: the address begins with the byte of '#'.
    const std::string data = "23 80 58 00 00 00 00 64 23 80 58 00 00 00 0a 0a";
    const Events events = read(data, {Camera::davis346, AddressLayout::raw});
    EXPECT_EQ(listed(events), (std::vector<Event>{{5, 142, 100, 1}, {5, 142, 2570, 1}}));
    EXPECT_EQ(read(dvs, {}, "#!AER-DAT2.0\n# a\n#\n").size(), 3u);
    // A line of text that ends in another way than the first is none of the header.
    EXPECT_NE(data_error([] { read(dvs, {}, "#!AER-DAT2.0\r\n# a\n"); }).find("are no multiple"),
              std::string::npos);
}

TEST(Aedat2, OtherFormatsAreNamed) {
    EXPECT_NE(data_error([] {
                  read(dvs, {}, "#!AER-DAT3.1\r\n");
              }).find("a file of AEDAT 3.1, and this format is AEDAT 2.0"),
              std::string::npos);
    EXPECT_NE(data_error([] { read(dvs, {}, ""); }).find("no file of AEDAT 2.0"),
              std::string::npos);
}

TEST(Aedat2, CutFiles) {
    expect_errors_where_cut(
        joined("#!AER-DAT2.0\r\n", hex(dvs)), [](const auto& b) { read_aedat2(b, "a.file", {}); },
        [](std::size_t n) { return n >= 14 && (n - 14) % 8 == 0; });
}

}  // namespace
}  // namespace snnsim
