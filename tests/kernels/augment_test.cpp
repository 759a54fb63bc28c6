// How training samples are changed anew in each epoch.
#include "kernels/training/augment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

namespace snnsim {
namespace {

constexpr SampleShape shape{2, 3, 5};
constexpr std::size_t inputs = 2 * 3 * 5;

MovedSample drawn(float flip, std::uint32_t shift, std::uint32_t sample, std::uint32_t epoch = 0) {
    return MovedSample::draw({true, flip, 0.0f, shift, shape},
                             augmentation_key(1, epoch, sample, 0));
}

TEST(Augment, AMirroredSampleHasItsColumnsTurnedRound) {
    const MovedSample moved = drawn(1.0f, 0, 7);
    for (std::size_t to = 0; to < inputs; ++to)
        EXPECT_EQ(moved.source(to), static_cast<std::int64_t>(to / 5 * 5 + 4 - to % 5));
}

TEST(Augment, AShiftMovesAllChannelsAndLosesWhatLeaves) {
    std::map<std::pair<int, int>, int> seen;
    for (std::uint32_t sample = 0; sample < 2500; ++sample) {
        const MovedSample moved = drawn(0.0f, 2, sample);
        ++seen[{moved.right, moved.down}];
        for (std::size_t to = 0; to < inputs; ++to) {
            const int x = static_cast<int>(to % 5) - moved.right,
                      y = static_cast<int>(to / 5 % 3) - moved.down,
                      channel = static_cast<int>(to / 15);
            const bool inside = x >= 0 && x < 5 && y >= 0 && y < 3;
            ASSERT_EQ(moved.source(to), inside ? (channel * 3 + y) * 5 + x : -1);
        }
    }
    ASSERT_EQ(seen.size(), 25u);  // each of -2 ... 2 columns and rows
    for (const auto& [shift, count] : seen) EXPECT_NEAR(count, 100, 50);
}

TEST(Augment, ALineHasNoRows) {
    const Augmentation line{true, 0.0f, 0.0f, 3, {1, 1, 40}};
    for (std::uint32_t sample = 0; sample < 100; ++sample)
        EXPECT_EQ(MovedSample::draw(line, augmentation_key(1, 0, sample, 0)).down, 0);
}

TEST(Augment, DropsTheShareThatIsAskedForAndOthersInEachEpoch) {
    const Augmentation augment{true, 0.0f, 0.25f, 0, shape};
    std::vector<bool> first, second;
    for (std::uint64_t k = 0; k < 20000; ++k) {
        first.push_back(is_dropped(augment, augmentation_key(1, 0, 3, 0), k));
        second.push_back(is_dropped(augment, augmentation_key(1, 1, 3, 0), k));
    }
    EXPECT_NEAR(std::count(first.begin(), first.end(), true), 5000, 250);
    EXPECT_NE(first, second);
}

}  // namespace
}  // namespace snnsim
