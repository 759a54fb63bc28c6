// Kernels that are compiled while the program runs, against the same code compiled with the
// program.
#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "kernels/launch/compile_kernel.cuh"
#include "kernels/launch/cuda_steps.cuh"
#include "kernels/math/bits.hpp"
#include "kernels/math/exp.hpp"
#include "kernels/math/normal.hpp"
#include "kernels/math/sin.hpp"
#include "kernels/math/tanh.hpp"
#include "kernels/network/step_groups.hpp"
#include "snnsim/device.hpp"
#include "src/device/nvrtc.hpp"

/// Code, and the same as text.
#define CODE_AND_TEXT(name, ...) \
    __VA_ARGS__                  \
    constexpr const char* name = #__VA_ARGS__;

namespace snnsim {

CODE_AND_TEXT(
    math_text, struct ApplyMath {
        std::size_t count;
        float* out;

        static constexpr std::size_t functions = 13;

        SNN_HD void operator()(std::size_t i) const {
            // Floats of every size and kind, and fractions.
            const auto word = static_cast<std::uint32_t>(i) * 2654435769u;
            const float x = bits_to_float(word);
            const float u = uniform(word);
            const float below = -87.0f * u;
            float* to = out + i;
            const auto put = [&](float y) {
                *to = y;
                to += count;
            };
            put(exact_exp(x));
            put(exact_log(x));
            put(exact_tanh(x));
            put(sin_of_turns(word));
            put(normal_quantile(u + 1e-9f));
            put(exp_in_range(88.0f * u));
            put(exp_in_range(below));
            put(expm1_below_zero(below));
            put(fused(x, u, 1.0f));
            put(sqrtf(x));
            put(1.0f / x);
            put(static_cast<float>(lowest_bit(word | 1u << 31) + 100 * count_bits(word)));
            const RandomKey key{word, Stream::stimulus, 7, 8, 9};
            put(bits_to_float(key.draw(word).select(word >> 30)));
        }
    };)

/// Some of all that a cell can have.
CODE_AND_TEXT(
    cell_text, struct NoisyCell {
        static constexpr const char* name = "noisy";
        static constexpr const char* input_unit = "mV";
        static constexpr int receptors = 2;
        static constexpr bool uses_random = true;
        struct Params {
            static constexpr Fields<> fields() { return {}; }
        };
        struct Constants {
            float decay, gain, v_th;
        };
        struct State {
            float v, w;
        };
        static constexpr auto states() {
            return Fields{StateField<State, Constants>{"v", &State::v, "mV", "potential"},
                          StateField<State, Constants>{"w", &State::w, "mV", "adaptation"}};
        }
        static Constants prepare(const Params&, double) {
            return {};
        }
        static State rest(const Params&, const Constants&) {
            return {};
        }
        SNN_HD static float step(const Constants& c, State& s, const CellInput& in) {
            const float noise = 1e-3f * normal_quantile(uniform(in.random) + 1e-9f);
            s.v = fused(c.decay, s.v, c.gain * (in.current - s.w)) + in.receptor_0 - in.receptor_1;
            s.v = s.v + exact_exp(0.1f * s.v) * noise;
            s.w = c.decay * s.w;
            const bool fires = s.v >= c.v_th;
            s.w = fires ? s.w + 0.5f : s.w;
            s.v = fires ? 0.0f : s.v;
            return fires ? 1.0f : 0.0f;
        }
    };)

CODE_AND_TEXT(
    add_text, struct AddTo {
        std::uint32_t* x;
        std::uint32_t more;

        SNN_HD void operator()(std::size_t i) const {
            x[i] = 3 * x[i] + more;
        }
    };)

CODE_AND_TEXT(
    team_text, struct AddByTeam {
        std::uint32_t* x;

        template <class Team>
        SNN_HD void operator()(std::size_t i, const Team& team) const {
            const std::uint32_t more = team.same([&] { return x[i] / 2 + 1; });
            team.wait();
            if (team.lane == 1) x[i] += more;
        }
    };)

namespace {

const std::string in_snnsim = "namespace snnsim {\n", end_of_snnsim = "\n}\n";
const std::string kernels = "#include \"kernels/launch/cuda_kernels.cuh\"\n";

std::string math_source() {
    std::string text = kernels + "#include \"kernels/random.hpp\"\n";
    for (const char* name : {"bits", "exp", "fused", "normal", "sin", "tanh"})
        text += std::string("#include \"kernels/math/") + name + ".hpp\"\n";
    return text + in_snnsim + math_text + end_of_snnsim;
}
std::string cell_source() {
    return kernels +
           "#include \"kernels/math/exp.hpp\"\n#include \"kernels/math/normal.hpp\"\n"
           "#include \"kernels/network/step_groups.hpp\"\n" +
           in_snnsim + cell_text + end_of_snnsim;
}
const std::string cell_entry =
    "snnsim::for_each_bit_kernel<snnsim::StepGroups<snnsim::NoisyCell, false>>";
KernelSource add_source() {
    return {
        "add",
        kernels + "#include \"kernels/host_device.hpp\"\n" + in_snnsim + add_text + end_of_snnsim,
        "snnsim::for_each_kernel<snnsim::AddTo>"};
}

class CompileKernel : public testing::Test {
  protected:
    void SetUp() override {
        if (const std::string why = why_no_cuda(); !why.empty()) GTEST_SKIP() << why;
    }
    void TearDown() override { unsetenv("SNNSIM_NVRTC"); }
};

template <class T>
std::vector<T> values(const Cuda::Buffer<T>& from) {
    std::vector<T> all(from.size());
    from.copy_to(all.data(), all.size());
    return all;
}

TEST_F(CompileKernel, MathHasTheSameBits) {
    const RuntimeKernel kernel =
        compile_kernel({"math", math_source(), "snnsim::for_each_kernel<snnsim::ApplyMath>"});
    const std::size_t count = 100'000;
    Cuda::Buffer<float> out(count * ApplyMath::functions);
    kernel.launch(nullptr, 64, 128, count, ApplyMath{count, out.data()});
    const std::vector<float> have = values(out);
    std::vector<float> wanted(have.size());
    const ApplyMath here{count, wanted.data()};
    for (std::size_t i = 0; i < count; ++i) here(i);
    for (std::size_t k = 0; k < have.size(); ++k) {
        if (std::isnan(have[k]) && std::isnan(wanted[k])) continue;
        ASSERT_EQ(float_to_bits(have[k]), float_to_bits(wanted[k]))
            << "function " << k / count << " of element " << k % count;
    }
}

TEST_F(CompileKernel, ACapturedKernelRunsWithItsGraph) {
    const RuntimeKernel kernel = compile_kernel(add_source());
    Cuda::Buffer<std::uint32_t> x(100);
    cudaStream_t stream = nullptr;
    SNN_CUDA(cudaStreamCreate(&stream));
    kernel.launch(stream, 1, 128, x.size(), AddTo{x.data(), 5});
    cudaGraph_t graph = nullptr;
    SNN_CUDA(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
    kernel.launch(stream, 1, 128, x.size(), AddTo{x.data(), 1});
    kernel.launch(stream, 1, 128, std::size_t{50}, AddTo{x.data(), 2});
    SNN_CUDA(cudaStreamEndCapture(stream, &graph));
    cudaGraphExec_t ready = nullptr;
    SNN_CUDA(cudaGraphInstantiate(&ready, graph, 0));
    for (int k = 0; k < 2; ++k) SNN_CUDA(cudaGraphLaunch(ready, stream));
    SNN_CUDA(cudaStreamSynchronize(stream));
    const std::vector<std::uint32_t> have = values(x);
    for (std::size_t i = 0; i < have.size(); ++i) {
        std::uint32_t wanted = 5;
        for (int k = 0; k < 2; ++k) {
            wanted = 3 * wanted + 1;
            if (i < 50) wanted = 3 * wanted + 2;
        }
        EXPECT_EQ(have[i], wanted);
    }
    cudaGraphExecDestroy(ready);
    cudaGraphDestroy(graph);
    cudaStreamDestroy(stream);
}

TEST_F(CompileKernel, BatchesOfStepsHoldThem) {
    KernelSource source = add_source();
    const RuntimeKernel add = compile_kernel(source);
    source.text += in_snnsim + team_text + end_of_snnsim;
    source.entry = "snnsim::for_each_team_kernel<snnsim::AddByTeam>";
    const RuntimeKernel by_team = compile_kernel(source);
    CudaSteps steps;
    CudaSteps::Buffer<std::uint32_t> x(300);
    steps.run_batches(
        0, 13, 100,
        [&](std::int64_t) {
            steps.for_each(add, x.size(), AddTo{x.data(), 1});
            steps.for_each_team(by_team, x.size(), AddByTeam{x.data()});
        },
        [](std::int64_t) {});
    steps.wait();
    std::uint32_t wanted = 0;
    for (int k = 0; k < 13; ++k) {
        wanted = 3 * wanted + 1;
        wanted += wanted / 2 + 1;
    }
    EXPECT_EQ(values(x), std::vector<std::uint32_t>(300, wanted));
}

/// Cells of one group, and what StepGroups needs of them.
struct Cells {
    static constexpr std::uint32_t count = 70, padded = 80, words = 3;
    using Body = StepGroups<NoisyCell, false>;

    std::vector<float> v = std::vector<float>(padded, 1.0f), w = std::vector<float>(padded);
    std::vector<std::int32_t> arriving_0 = std::vector<std::int32_t>(padded, 30),
                              arriving_1 = std::vector<std::int32_t>(padded, 10);
    std::vector<float> current = std::vector<float>(padded, 20.0f);
    std::vector<std::uint32_t> word_ids{5, 3, 4};

    CellsInGroup<NoisyCell> group(float* v, float* w, std::int32_t* arriving_0,
                                  std::int32_t* arriving_1, const float* current) const {
        CellsInGroup<NoisyCell> g{};
        g.constants = {0.9f, 0.1f, 2.5f};
        g.cells.state[0] = v;
        g.cells.state[1] = w;
        g.cells.arriving[0] = arriving_0;
        g.cells.arriving[1] = arriving_1;
        g.cells.unit[0] = g.cells.unit[1] = 1.0f / 128.0f;
        g.cells.current = current;
        g.random = {77, Stream::cells, 1, 0};
        g.count = count;
        g.depth = -1;
        return g;
    }
    std::vector<WordPlace> places() const { return {{0, 0}, {0, 32}, {0, 64}}; }
};

TEST_F(CompileKernel, CellsStepAsThoseOfTheProgram) {
    const RuntimeKernel kernel = compile_kernel({"cells of noisy", cell_source(), cell_entry});
    Cells host;
    CudaSteps steps;
    CudaSteps::Buffer<float> v(host.v), w(host.w), current(host.current);
    CudaSteps::Buffer<std::int32_t> arriving_0(host.arriving_0), arriving_1(host.arriving_1);
    CudaSteps::Buffer<std::uint32_t> word_ids(host.word_ids), bits(8);
    CudaSteps::Buffer<CellsInGroup<NoisyCell>> group(std::vector<CellsInGroup<NoisyCell>>{
        host.group(v.data(), w.data(), arriving_0.data(), arriving_1.data(), current.data())});
    CudaSteps::Buffer<WordPlace> places(host.places());
    StepWindow window;
    CudaSteps::Buffer<StepWindow> device_window(std::vector<StepWindow>{window});

    const CellsInGroup<NoisyCell> here =
        host.group(host.v.data(), host.w.data(), host.arriving_0.data(), host.arriving_1.data(),
                   host.current.data());
    const std::vector<WordPlace> here_places = host.places();
    std::uint32_t spikes = 0;
    for (int k = 0; k < 200; ++k) {
        steps.for_each_bit(kernel, Cells::words,
                           Cells::Body{device_window.data(), k, group.data(), places.data()},
                           word_ids.data(), bits.data());
        const Cells::Body body{&window, k, &here, here_places.data()};
        std::vector<std::uint32_t> wanted(8);
        for (std::uint32_t i = 0; i < 8 * Cells::words; ++i)
            wanted[host.word_ids[i / 8]] |= body(i) << (4 * (i % 8));
        steps.wait();
        ASSERT_EQ(values(bits), wanted) << "step " << k;
        for (const std::uint32_t word : wanted) spikes += count_bits(word);
    }
    EXPECT_GT(spikes, 100u);
    EXPECT_LT(spikes, 10'000u);
    EXPECT_EQ(values(v), host.v);
    EXPECT_EQ(values(w), host.w);
    EXPECT_EQ(values(arriving_1), host.arriving_1);
}

TEST_F(CompileKernel, AWrongTextIsToldWithItsPlace) {
    KernelSource source = add_source();
    source.name = "wrong";
    source.text += "int f() {\n    return unknown;\n}\n";
    try {
        compile_kernel(source);
        FAIL();
    } catch (const InternalError& e) {
        const std::string said = e.what();
        EXPECT_NE(said.find("NVRTC does not compile wrong"), said.npos) << said;
        EXPECT_NE(said.find("identifier \"unknown\" is undefined"), said.npos) << said;
        EXPECT_NE(said.find("wrong(7): error"), said.npos) << said;
    }
}

TEST_F(CompileKernel, WrongArgumentsAreNotLaunched) {
    const RuntimeKernel kernel = compile_kernel(add_source());
    Cuda::Buffer<std::uint32_t> x(4);
    EXPECT_THROW(kernel.launch(nullptr, 1, 32, 4, AddTo{x.data(), 1}), InternalError);
    EXPECT_THROW(kernel.launch(nullptr, 1, 32, x.size()), InternalError);
    EXPECT_THROW(RuntimeKernel().launch(nullptr, 1, 32), InternalError);
}

TEST_F(CompileKernel, WithoutNvrtcTheErrorSaysWhatToDo) {
    setenv("SNNSIM_NVRTC", "/nowhere/libnvrtc.so.13", 1);
    KernelSource source = add_source();
    source.text += "// never compiled before\n";
    try {
        compile_kernel(source);
        FAIL();
    } catch (const DeviceError& e) {
        const std::string said = e.what();
        EXPECT_EQ(said.find("SNNSIM_NVRTC names a library that cannot be loaded: /nowhere"), 0u)
            << said;
    }
    unsetenv("SNNSIM_NVRTC");
    compile_kernel(source);
    setenv("SNNSIM_NVRTC", "/nowhere/libnvrtc.so.13", 1);
    compile_kernel(source);  // it is not compiled again
}

TEST_F(CompileKernel, ErrorsOfADeviceNameIt) {
    under_way().done();
    const RuntimeKernel kernel = compile_kernel(add_source());
    Cuda::Buffer<std::uint32_t> x(4);
    kernel.launch(nullptr, 1, 32, x.size(), AddTo{x.data(), 1});
    EXPECT_EQ(under_way().text(), ", in the kernel add");
    values(x);
    EXPECT_EQ(under_way().text(), "");
}

/// What PTX leaves open would be for the compiler of a card to decide.
TEST(Nvrtc, EveryBitOfAFloatIsFixed) {
    const std::string ptx =
        compile_with_nvrtc(
            {.name = "cells", .text = cell_source(), .entry = cell_entry, .ptx = true})
            .code;
    std::size_t operations = 0;
    for (const char* open :
         {"add.f32", "sub.f32", "mul.f32", "fma.f32", "mad.f32", ".ftz", ".approx", ".full"})
        EXPECT_EQ(ptx.find(open), ptx.npos) << open;
    for (std::size_t at = ptx.find("fma.rn.f32"); at != ptx.npos;
         at = ptx.find("fma.rn.f32", at + 1))
        ++operations;
    EXPECT_GE(operations, 8u);
    EXPECT_NE(ptx.find(".target sm_90"), ptx.npos);
}

TEST(Nvrtc, AGpuGetsMachineCodeOrWhatNvrtcKnows) {
    const KernelSource add = add_source();
    NvrtcRequest request{.name = add.name, .text = add.text, .entry = add.entry};
    const NvrtcCode code = compile_with_nvrtc(request);
    EXPECT_EQ(code.code.substr(0, 4),
              "\x7f"
              "ELF");
    EXPECT_EQ(code.entry, "_ZN6snnsim15for_each_kernelINS_5AddToEEEvmT_");
    request.capability = 999;  // of the future: its driver compiles PTX
    EXPECT_NE(compile_with_nvrtc(request).code.find(".target sm_1"), std::string::npos);
    request.capability = 35;
    EXPECT_THROW(compile_with_nvrtc(request), DeviceError);
}

}  // namespace
}  // namespace snnsim
