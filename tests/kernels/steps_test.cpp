// The rule by which times become steps.
#include "kernels/steps.hpp"

#include <gtest/gtest.h>

namespace snnsim {
namespace {

TEST(Steps, HalvesGoUpWhateverTheDivisionMakesOfThem) {
    for (const auto& [time, wanted] : {std::pair{0.25, 3},
                                       {0.35, 4},
                                       {0.3, 3},
                                       {0.05, 1},
                                       {0.15, 2},
                                       {0.349, 3},
                                       {0.04, 0},
                                       {0.24, 2},
                                       {0.0, 0},
                                       {1.05, 11},
                                       {100000.35, 1000004},
                                       {100000.25, 1000003}})
        EXPECT_EQ(rounded_steps(time, 0.1), wanted) << time;
    // As whole numbers of twentieths of a millisecond, which no division touches.
    for (std::int64_t twentieth = 0; twentieth < 400000; ++twentieth) {
        const double time = static_cast<double>(twentieth) / 20.0;
        ASSERT_EQ(step_of(time, 0.1), (twentieth + 1) / 2) << time;
    }
    // In single precision as far as its digits go.
    for (int twentieth = 0; twentieth < 20; ++twentieth) {
        const auto time = static_cast<float>(twentieth) / 20.0f;
        EXPECT_EQ(step_of(static_cast<double>(time), 0.1), (twentieth + 1) / 2) << time;
    }
    EXPECT_EQ(step_of(std::numeric_limits<double>::infinity(), 0.1),
              std::numeric_limits<std::int64_t>::max());
}

TEST(Steps, OnTheGrid) {
    for (const double time : {0.0, 0.1, 0.3, 0.7, 12345.6, 1e6, 429496729.5})
        EXPECT_TRUE(on_grid(time, 0.1)) << time;
    for (const double time : {0.25, 0.301, 1e-9, 1e-20, 0.0999, 12345.67})
        EXPECT_FALSE(on_grid(time, 0.1)) << time;
}

}  // namespace
}  // namespace snnsim
