// Weights of samples in the loss, ranks of real numbers, samples in steps, and samples from a
// stream: against what is worked out by hand, and against memory.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "src/data/sample_stream.hpp"
#include "src/training/make_trainer_on.hpp"
#include "src/training/trainer_on.hpp"
#include "tests/training/small_network.hpp"

namespace snnsim {
namespace {

using testing::bar_data;
using testing::CpuAsGpu;
using testing::first_samples;
using testing::small_model;

/// Logits of two samples and two classes in one step: z = (1, 0) and (0, 2), labels 0 and 0.
TEST(WeightedLoss, IsTheLossTimesTheWeight) {
    const BatchShape shape{2, 1};
    std::vector<float> output(2 * panel_width), gradient(2 * panel_width), logits(4 * 2);
    output[0] = 1.0f;
    output[panel_width + 1] = 2.0f;
    const std::vector<std::int32_t> labels{0, 0};
    const std::vector<float> weights{3.0f, 0.5f};
    const std::vector<std::uint32_t> samples{0, 1};
    float loss[2];
    std::int32_t prediction[2];
    const SampleLoss body{shape,
                          2,
                          Readout::last,
                          {output.data()},
                          {gradient.data()},
                          logits.data(),
                          labels.data(),
                          weights.data(),
                          samples.data(),
                          loss,
                          prediction};
    body(0);
    body(1);
    const double first = std::log(1.0 + std::exp(-1.0)), second = std::log(1.0 + std::exp(2.0));
    EXPECT_NEAR(loss[0], 3.0 * first, 1e-6);
    EXPECT_NEAR(loss[1], 0.5 * second, 1e-6);
    EXPECT_EQ(prediction[0], 0);
    EXPECT_EQ(prediction[1], 1);
    const double p0 = std::exp(1.0) / (std::exp(1.0) + 1.0), p1 = 1.0 / (1.0 + std::exp(2.0));
    EXPECT_NEAR(gradient[0], 3.0 * (p0 - 1.0) / 2.0, 1e-6);
    EXPECT_NEAR(gradient[1], 3.0 * (1.0 - p0) / 2.0, 1e-6);
    EXPECT_NEAR(gradient[panel_width], 0.5 * (p1 - 1.0) / 2.0, 1e-6);
    EXPECT_NEAR(gradient[panel_width + 1], 0.5 * (1.0 - p1) / 2.0, 1e-6);
}

/// Outputs that say nothing, over more steps than sums of single precision are exact for: the label
/// must not decide which class is taken.
TEST(SampleLoss, OfEveryStepGivesATieToTheFirstClass) {
    constexpr std::size_t classes = 10;
    const BatchShape shape{1, 40};
    std::vector<float> output(40 * panel_width), logits(2 * classes);
    const float weight = 1.0f;
    for (std::int32_t label = 0; label < static_cast<std::int32_t>(classes); ++label) {
        const std::uint32_t sample = 0;
        float loss = 0.0f;
        std::int32_t prediction = -1;
        const SampleLoss body{shape,           classes,    Readout::every_step,
                              {output.data()}, {nullptr},  logits.data(),
                              &label,          &weight,    &sample,
                              &loss,           &prediction};
        body(0);
        EXPECT_EQ(prediction, 0);
        EXPECT_NEAR(loss, std::log(10.0), 1e-6);
    }
}

/// One output, z = 3 and y = 1: loss 4, dL/dz = 4.
TEST(WeightedLoss, OfRealTargetsToo) {
    const BatchShape shape{1, 1};
    std::vector<float> output(panel_width), gradient(panel_width);
    output[0] = 3.0f;
    const float y = 1.0f, weight = 0.25f;
    const std::uint32_t sample = 0;
    float loss = 0.0f, mean = 0.0f;
    const TargetLoss body{shape, 1,       1,       {output.data()}, {gradient.data()},
                          &y,    &weight, &sample, &loss,           &mean};
    body(0);
    EXPECT_EQ(loss, 1.0f);
    EXPECT_EQ(gradient[0], 1.0f);
}

/// An output in eight steps: loss and gradient are those of torch 2's
/// binary_cross_entropy_with_logits in double, at outputs whose power overflows too.
TEST(BinaryCrossEntropy, IsThatOfTorch) {
    constexpr std::size_t steps = 8;
    const BatchShape shape{1, steps};
    const std::vector<float> z{0.0f, 1.5f, -2.0f, 40.0f, -40.0f, 200.0f, -200.0f, -0.3f};
    const std::vector<float> y{1.0f, 0.0f, 0.25f, 1.0f, 0.0f, 0.0f, 1.0f, 0.7f};
    std::vector<float> output(steps * panel_width), gradient(output.size()), p(steps);
    for (std::size_t t = 0; t < steps; ++t) output[t * panel_width] = z[t];
    const std::uint32_t sample = 0;
    float loss = 0.0f;
    const TargetLoss body{.shape = shape,
                          .targets_each = steps,
                          .outputs = 1,
                          .output = {output.data()},
                          .gradient = {gradient.data()},
                          .targets = y.data(),
                          .weights = nullptr,
                          .samples = &sample,
                          .loss = &loss,
                          .mean = p.data(),
                          .binary = true};
    body(0);
    EXPECT_NEAR(loss, 50.47323046425677, 1e-5);
    const double expected[]{-0.0625, 0.10219681, -0.0163496347, 0.0,
                            0.0,     0.125,      -0.125,        -0.0343053146};
    for (std::size_t t = 0; t < steps; ++t) {
        EXPECT_NEAR(gradient[t * panel_width], expected[t], 3e-8) << t;
        EXPECT_NEAR(p[t], 1.0 / (1.0 + std::exp(-static_cast<double>(z[t]))), 2e-7) << t;
    }
}

TEST(WeightedLoss, SameBitsOnAGpuAndWithoutWeightsOfOne) {
    const ModelSpec m = small_model();
    const auto trained = [&]<class Backend>(std::vector<float> weights, int threads) {
        TrainerOn<Backend> trainer(compile(m), {*m.train, m.seed, threads});
        Dataset data = bar_data();
        data.train.weights = std::move(weights);
        trainer.load(data);
        return testing::train_some(trainer, m, 4).weights;
    };
    std::vector<float> weights(256);
    for (std::size_t k = 0; k < weights.size(); ++k) weights[k] = 0.25f * static_cast<float>(k % 7);
    const auto one = trained.operator()<Cpu>(weights, 1);
    EXPECT_EQ(one, trained.operator()<Cpu>(weights, 3));
    EXPECT_EQ(one, trained.operator()<CpuAsGpu>(weights, 2));
    EXPECT_NE(one, trained.operator()<Cpu>({}, 1));
    EXPECT_EQ(trained.operator()<Cpu>(std::vector<float>(256, 1.0f), 1),
              trained.operator()<Cpu>({}, 1));
}

TEST(RankOfRealNumbers, IsThatOfBytes) {
    constexpr std::size_t inputs = 100;
    for (std::uint32_t seed = 0; seed < 20; ++seed) {
        std::uint8_t pixels[inputs];
        float values[inputs];
        for (std::uint32_t k = 0; k < inputs; ++k) {
            const std::uint32_t word = RandomKey{seed, Stream::split, k, 0}.draw(0).word[0];
            pixels[k] = static_cast<std::uint8_t>(seed % 2 ? word % 8 : word % 256);
            values[k] = static_cast<float>(pixels[k]) / 255.0f;
        }
        std::uint32_t a[inputs], b[inputs];
        EXPECT_EQ(rank_pixels(pixels, inputs, a), rank_values(values, inputs, b));
        for (std::size_t k = 0; k < inputs; ++k) {
            if (pixels[k] > 0) EXPECT_EQ(a[k], b[k]);
        }
    }
}

/// A file of the samples of bar_data(), and a stream of it.
class Stream : public ::testing::Test {
  protected:
    void SetUp() override {
        const SampleSet& set = data_.train;
        std::ofstream(path_, std::ios::binary)
            .write(reinterpret_cast<const char*>(set.in.pixels.data()),
                   static_cast<std::streamsize>(set.in.pixels.size()));
        rows_ = rows_in_file(path_, "x", {256, 28, 28}, {NumberKind::natural, 1}, Placement{});
    }
    void TearDown() override { std::filesystem::remove(path_); }

    std::shared_ptr<SampleStream> stream(std::size_t most) const {
        SamplePart part;
        part.source = dense_source(rows_, SampleForm::pixels, {});
        part.count = 256;
        return std::make_shared<SampleStream>(std::vector<SamplePart>{part}, most);
    }

    const std::string path_ = ::testing::TempDir() + "bars_of_stream_" + std::to_string(getpid());
    const Dataset data_ = bar_data();
    std::shared_ptr<const Rows> rows_;
};

TEST_F(Stream, GivesWhatIsAskedForInAnyOrder) {
    for (const std::size_t most : {std::size_t{1}, std::size_t{1} << 20}) {
        const auto s = stream(most);
        std::vector<std::uint32_t> order{5, 6, 7, 255, 0, 3, 3, 100};
        const auto expect_right = [&](std::span<const std::uint32_t> asked) {
            const SampleInputs& got = s->take(asked);
            ASSERT_EQ(got.pixels.size(), asked.size() * 784);
            for (std::size_t k = 0; k < asked.size(); ++k)
                EXPECT_TRUE(
                    std::equal(got.pixels.begin() + static_cast<std::ptrdiff_t>(k * 784),
                               got.pixels.begin() + static_cast<std::ptrdiff_t>((k + 1) * 784),
                               data_.train.in.pixels.begin() + 784 * asked[k]));
        };
        const std::span<const std::uint32_t> all(order);
        s->expect(all, 3);
        expect_right(all.subspan(0, 3));
        expect_right(all.subspan(3, 3));
        expect_right(all.subspan(1, 2));  // as nobody said
        s->expect(all, 8);                // never taken
        s->expect(all, 4);
        expect_right(all.subspan(0, 4));
        expect_right(all.subspan(4, 4));
    }
}

TEST_F(Stream, TrainsTheSameWeights) {
    const ModelSpec m = small_model();
    const auto trained = [&]<class Backend>(bool streams, int threads) {
        TrainerOn<Backend> trainer(compile(m), {*m.train, m.seed, threads});
        Dataset data = data_;
        if (streams) {
            data.train.in = {};
            data.train.stream = stream(1 << 16);
        }
        trainer.load(data);
        const auto samples = first_samples(256);
        trainer.expect(samples);
        const std::vector<double> rates(4, 1e-3);
        trainer.train(std::span(samples).subspan(0, 128), 0, rates);
        trainer.train(std::span(samples).subspan(128, 128), 0, rates);
        return trainer.state().weights;
    };
    const auto wanted = trained.operator()<Cpu>(false, 1);
    EXPECT_EQ(wanted, trained.operator()<Cpu>(true, 2));
    EXPECT_EQ(wanted, trained.operator()<CpuAsGpu>(true, 1));
}

TEST_F(Stream, AFileThatIsTooShortIsAnError) {
    std::filesystem::resize_file(path_, 784 * 200);
    const auto s = stream(1 << 16);
    EXPECT_NO_THROW(s->take(std::vector<std::uint32_t>{199}));
    EXPECT_THROW(s->take(std::vector<std::uint32_t>{0, 200}), DataError);
    EXPECT_NO_THROW(s->take(std::vector<std::uint32_t>{1}));
}

}  // namespace
}  // namespace snnsim
