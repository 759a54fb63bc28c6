// The layout of SHD and SSC: rows of variable length, times of 16 bits.
#include "src/events/cochlea.hpp"

#include <unistd.h>

#include <filesystem>
#include <limits>

#include "src/io/hdf5.hpp"
#include "tests/events/event_checks.hpp"

namespace snnsim {
namespace {

template <class T>
using Ragged = std::vector<std::vector<T>>;

class Cochlea : public testing::Test {
  protected:
    void TearDown() override { std::filesystem::remove(path_); }

    template <class T>
    static void write_ragged(hid_t file, const std::string& name, hid_t element,
                             const Ragged<T>& rows) {
        std::vector<hvl_t> lists;
        for (const std::vector<T>& row : rows)
            lists.push_back({row.size(), const_cast<T*>(row.data())});
        const h5::Handle type(H5Tvlen_create(element), H5Tclose, name);
        h5::write_array(file, name, type, {rows.size()}, lists.data(), "");
    }
    /// IEEE of 16 bits.
    static h5::Handle half() {
        h5::Handle type(H5Tcopy(H5T_IEEE_F32LE), H5Tclose, "half");
        h5::check(H5Tset_fields(type, 15, 10, 5, 0, 10), "half");
        h5::check(H5Tset_size(type, 2), "half");
        h5::check(H5Tset_ebias(type, 15), "half");
        return type;
    }
    template <class T>
    void write(hid_t element, const Ragged<T>& times, const Ragged<std::uint16_t>& units,
               const std::vector<std::int32_t>& labels) {
        const h5::Handle file = h5::create_file(path_);
        write_ragged(file, "spikes/times", element, times);
        write_ragged(file, "spikes/units", H5T_NATIVE_UINT16, units);
        h5::write_vector(file, "labels", labels, "");
        h5::write_vector(file, "extra/speaker", labels, "");
    }
    void write_floats(const Ragged<float>& times, const Ragged<std::uint16_t>& units,
                      const std::vector<std::int32_t>& labels) {
        write(H5T_NATIVE_FLOAT, times, units, labels);
    }
    std::string error() const {
        const std::string said = data_error([&] {
            const CochleaFile file(path_, 700);
            file.read(0, file.samples());
        });
        return said.starts_with(path_) ? said.substr(path_.size()) : said;
    }

    const std::string path_ = (std::filesystem::temp_directory_path() /
                               ("snnsim_cochlea_" + std::to_string(getpid()) + ".h5"))
                                  .string();
};

TEST_F(Cochlea, HalfSecondsAreCutToMicroseconds) {
    const Ragged<std::uint16_t> bits{
        {0x2e66, 0x3400, 0x3557, 0x3800, 0x3c00, 0x3d7b}, {}, {0x3400}};
    write(half(), bits, {{0, 1, 2, 3, 4, 699}, {}, {5}}, {3, 0, 19});
    const CochleaFile file(path_, 700);
    ASSERT_EQ(file.samples(), 3u);
    EXPECT_EQ(file.labels(), (std::vector<std::int32_t>{3, 0, 19}));
    EXPECT_EQ(file.speakers(), file.labels());
    const auto samples = file.read(0, 3);
    EXPECT_EQ(samples[0].t,
              (std::vector<std::int64_t>{99975, 250000, 333740, 500000, 1000000, 1370117}));
    EXPECT_EQ(samples[0].x, (std::vector<std::uint16_t>{0, 1, 2, 3, 4, 699}));
    EXPECT_EQ(samples[1].size(), 0u);
    EXPECT_EQ(listed(samples[2]), (std::vector<Event>{{5, 0, 250000, 1}}));
    EXPECT_EQ(listed(file.read(2, 1)[0]), listed(samples[2]));
}

TEST_F(Cochlea, OrderAndRepetitionsStay) {
    write_floats({{0.5f, 0.25f, 0.5f}}, {{7, 8, 7}}, {0});
    EXPECT_EQ(CochleaFile(path_, 700).read(0, 1)[0].t,
              (std::vector<std::int64_t>{500000, 250000, 500000}));
}

TEST_F(Cochlea, WhatIsWrongHasItsSampleAndEvent) {
    write_floats({{}, {0.5f, 0.1f}}, {{}, {7, 700}}, {0, 1});
    EXPECT_TRUE(error().starts_with(": the unit of event 1 of sample 1 (from 0) is 700"))
        << error();
    write_floats({{std::numeric_limits<float>::quiet_NaN()}}, {{7}}, {0});
    EXPECT_TRUE(error().starts_with(": the time of event 0 of sample 0 (from 0) is nan"));
    write_floats({{std::numeric_limits<float>::infinity()}}, {{7}}, {0});
    EXPECT_TRUE(error().starts_with(": the time of event 0 of sample 0 (from 0) is inf"));
    write_floats({{0.5f}, {0.5f}}, {{7}, {7, 8}}, {0, 1});
    EXPECT_TRUE(error().starts_with(": row 1 of spikes/times has 1 values")) << error();
    write_floats({{0.5f}}, {{7}}, {0, 1});
    EXPECT_TRUE(error().starts_with(": labels is [2]; it must have one value for each of 1"))
        << error();
    write_floats({{0.5f}}, {{7}}, {-1});
    EXPECT_TRUE(error().starts_with(": labels is -1 for sample 0"));
}

TEST_F(Cochlea, OtherFilesAreNamed) {
    h5::create_file(path_);
    EXPECT_EQ(error(), ": spikes/times is missing: this is no file of SHD or SSC");
}

}  // namespace
}  // namespace snnsim
