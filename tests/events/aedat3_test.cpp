// AEDAT 3.1 and the trials of DVS128 Gesture, by bytes that other readers were shown.
#include "src/events/aedat3.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "src/events/trials.hpp"
#include "tests/events/event_checks.hpp"

namespace snnsim {
namespace {

constexpr PixelArray sensor{128, 128};
const std::string header = "#!AER-DAT3.1\r\n#Format: RAW\r\n#!END-HEADER\r\n";
const std::string three_slots =
    "01 00 01 00 08 00 00 00 04 00 00 00 00 00 00 00 03 00 00 00 03 00 00 00 02 00 00 00 "
    "1f 00 0a 00 e8 03 00 00 26 00 12 00 ed 03 00 00 01 00 fe 00 f2 03 00 00";
const std::vector<Event> valid{{5, 7, 1000, 1}, {127, 0, 1010, 0}};

Events read(const std::vector<std::uint8_t>& bytes, const PacketReading& reading = {}) {
    return read_aedat3(bytes, "a.file", sensor, reading);
}
Events read_packets(const std::string& packets, const PacketReading& reading = {}) {
    return read(joined(header, hex(packets)), reading);
}
/// The three slots with another byte.
std::string with_byte(std::size_t at, const std::string& value) {
    std::string out = three_slots;
    return out.replace(3 * at, 2, value);
}

TEST(Aedat3, ValidEventsOnly) {
    const Events events = read_packets(three_slots);
    EXPECT_EQ(listed(events), valid);
    EXPECT_EQ(events.left_out[LeftOut::invalid], 1u);
    EXPECT_EQ(events.left_out[LeftOut::unused_slots], 0u);
    // As SpikingJelly and aermanager.
    EXPECT_EQ(listed(read_packets(three_slots, {Slots::all, InvalidEvents::keep})),
              (std::vector<Event>{{5, 7, 1000, 1}, {9, 9, 1005, 1}, {127, 0, 1010, 0}}));
}

TEST(Aedat3, SlotsThatAreNotUsed) {
    const std::string one_used = with_byte(20, "01");
    const Events events = read_packets(one_used);
    EXPECT_EQ(listed(events), (std::vector<Event>{{5, 7, 1000, 1}}));
    EXPECT_EQ(events.left_out[LeftOut::unused_slots], 2u);
    EXPECT_EQ(read_packets(one_used, {Slots::all, InvalidEvents::keep}).size(), 3u);
    const std::string empty =
        "01 00 01 00 08 00 00 00 04 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 00 00 00 00 "
        "00 00 00 00 00 00 00 00";
    EXPECT_EQ(listed(read_packets(empty, {Slots::all, InvalidEvents::keep})),
              (std::vector<Event>{{0, 0, 0, 0}}));
}

TEST(Aedat3, OverflowIsPartOfTheTime) {
    const std::string late =
        "01 00 01 00 08 00 00 00 04 00 00 00 01 00 00 00 01 00 00 00 01 00 00 00 01 00 00 00 "
        "1f 00 0a 00 05 00 00 00";
    EXPECT_EQ(listed(read_packets(late)), (std::vector<Event>{{5, 7, 2147483653, 1}}));
    std::string latest = late;  // the largest time that there is
    latest.replace(3 * 12, 11, "ff ff ff ff");
    EXPECT_EQ(read_packets(latest).t[0], (std::int64_t{0xFFFFFFFF} << 31) + 5);
}

TEST(Aedat3, OtherPacketsAreSkipped) {
    const std::string imu =
        "03 00 01 00 05 00 00 00 04 00 00 00 00 00 00 00 02 00 00 00 02 00 00 00 02 00 00 00 "
        "ff ff ff ff ff ff ff ff ff ff ";
    const Events events = read_packets(imu + three_slots);
    EXPECT_EQ(listed(events), valid);
    EXPECT_EQ(events.left_out[LeftOut::other_packets], 1u);
}

TEST(Aedat3, Headers) {
    const auto packets = hex(three_slots);
    EXPECT_EQ(listed(read(joined("#!AER-DAT3.1\n#!END-HEADER\n", packets))), valid);
    // A data byte that looks like a line of the header.
    const auto comment = hex("23 00 0a 00");
    EXPECT_NE(data_error([&] { read(joined(header, comment)); }).find("is cut off"),
              std::string::npos);
    EXPECT_NE(data_error([&] { read(joined("#!AER-DAT3.1\r\n", packets)); }).find("#!END-HEADER"),
              std::string::npos);
    EXPECT_NE(data_error([&] {
                  read(joined("#!AER-DAT2.0\r\n", packets));
              }).find("a file of AEDAT 2.0, and this format is AEDAT 3.1"),
              std::string::npos);
    EXPECT_NE(data_error([&] { read(packets); }).find("no file of AEDAT 3.1"), std::string::npos);
}

TEST(Aedat3, WhatContradictsItself) {
    EXPECT_NE(data_error([] {
                  read_packets(with_byte(20, "04"));
              }).find("packet 0 (from 0), at byte 42, says that 4 of its 3 slots are used"),
              std::string::npos);
    EXPECT_NE(data_error([] { read_packets(with_byte(4, "07")); }).find("has events of 7 bytes"),
              std::string::npos);
    EXPECT_NE(data_error([] { read_packets(with_byte(19, "ff")); }).find("is cut off"),
              std::string::npos);
    EXPECT_NE(data_error([] {
                  read_packets(with_byte(31, "02"));
              }).find("event 0 (from 0) is at x = 261, y = 7"),
              std::string::npos);
}

TEST(Aedat3, CutFiles) {
    const auto bytes = joined(header, hex(three_slots + " " + three_slots));
    const std::size_t packet = 28 + 3 * 8;
    expect_errors_where_cut(
        bytes, [](const auto& b) { read(b); },
        [&](std::size_t n) { return n >= header.size() && (n - header.size()) % packet == 0; });
}

class Trials : public testing::Test {
  protected:
    void TearDown() override { std::filesystem::remove(path_); }
    std::vector<Trial> read(const std::string& text) const {
        std::ofstream(path_, std::ios::binary) << text;
        return read_trials(path_);
    }
    std::string error(const std::string& text) const {
        const std::string said = data_error([&] { read(text); });
        return said.starts_with(path_) ? said.substr(path_.size()) : said;
    }

  private:
    const std::string path_ = (std::filesystem::temp_directory_path() /
                               ("snnsim_trials_" + std::to_string(getpid()) + ".csv"))
                                  .string();
};

const std::string first_line = "class,startTime_usec,endTime_usec\n";

TEST_F(Trials, AsTheirFileHasThem) {
    const auto trials = read(first_line + "11,5,10\r\n1, 20, 30\n11,30,31\n\n");
    ASSERT_EQ(trials.size(), 3u);
    EXPECT_EQ(trials[0].label, 10);
    EXPECT_EQ(trials[1].label, 0);
    EXPECT_EQ(trials[1].start, 20);
    EXPECT_EQ(trials[2].stop, 31);
}

TEST_F(Trials, WhatIsWrongHasItsLine) {
    EXPECT_TRUE(error(first_line + "12,5,10\n").starts_with(":2: class must be")) << error("");
    EXPECT_TRUE(error(first_line + "0,5,10\n").starts_with(":2: class must be"));
    EXPECT_TRUE(error(first_line + "1,5,10\n1,5\n").starts_with(":3: a trial has three values"));
    EXPECT_TRUE(error(first_line + "1,5,10,7\n").starts_with(":2: a trial has three values"));
    EXPECT_TRUE(error(first_line + "1,-5,10\n").starts_with(":2: startTime_usec must be"));
    EXPECT_TRUE(error(first_line + "1,5,nan\n").starts_with(":2: endTime_usec must be"));
    EXPECT_TRUE(error(first_line + "1,10,10\n").starts_with(":2: the trial ends at 10 us"));
    EXPECT_TRUE(error("1,5,10\n").starts_with(":1: the first line must be"));
    EXPECT_EQ(error(""), ": there are no trials in it");
    EXPECT_EQ(error(first_line), ": there are no trials in it");
}

TEST_F(Trials, HaveTheEventsFromTheirStartToBeforeTheirEnd) {
    Events all;
    for (const std::int64_t t : {9, 10, 15, 19, 20, 12}) all.add(t, 1, 2, 1);
    EXPECT_EQ(events_of_trial(all, {3, 10, 20}).t, (std::vector<std::int64_t>{10, 15, 19, 12}));
}

}  // namespace
}  // namespace snnsim
