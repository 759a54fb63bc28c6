#include "kernels/launch/under_way.hpp"

#include <gtest/gtest.h>

namespace snnsim {
namespace {

template <class A, bool B>
struct Other {};

TEST(UnderWay, SaysStepsAndKernelsUntilTheyAreDone) {
    UnderWay all;
    EXPECT_EQ(all.text(), "");
    all.begin("step", 321, 352);
    all.launched(typeid(UnderWay));
    EXPECT_EQ(all.text(), " in steps 321 to 352, in the kernel UnderWay");
    const UnderWay::Kernels more = all.kernels();
    all.begin("step", 353, 384);
    all.launched(typeid(Other<UnderWay, false>));
    all.launched(more);  // once is enough
    EXPECT_EQ(all.text(),
              " in steps 321 to 384, in one of the kernels UnderWay, (anonymous "
              "namespace)::Other<UnderWay, false>");
    all.done();
    EXPECT_EQ(all.text(), "");
    all.begin("step", 385, 385);
    EXPECT_EQ(all.text(), " in step 385");
    all.begin("epoch 2, update", 7, 7);  // another unit is another stretch
    EXPECT_EQ(all.text(), " in epoch 2, update 7");
    all.launched(LaunchedKernel("cells of my_lif"));
    all.launched(LaunchedKernel(std::string("cells of my_lif")));
    EXPECT_EQ(all.text(), " in epoch 2, update 7, in the kernel cells of my_lif");
}

}  // namespace
}  // namespace snnsim
