#include "src/device/choose_device.hpp"

#include <gtest/gtest.h>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/engine/scale.hpp"
#include "src/plan/device_memory.hpp"
#include "src/plan/expected_work.hpp"
#include "src/plan/memory.hpp"
#include "tests/shipped_model.hpp"

namespace snnsim {
namespace {

/// As an H100 describes itself.
const CudaDevice h100{0,   "NVIDIA H100", "0000:01:00.0", false,   90,
                      132, 128,           1.98e9,         3.35e12, 80'000'000'000};

Machine with(std::vector<CudaDevice> devices, std::size_t free = 79'000'000'000) {
    return {2, std::move(devices), "", [=](int) { return free; }};
}
Plan small() {
    return {{.cpu_seconds = 0.1, .launches = 1000, .launch = 2.5e-6}, 1'000'000};
}
Plan large() {
    return {{.cpu_seconds = 100.0,
             .launches = 100'000,
             .launch = 2.5e-6,
             .instructions = 1e12,
             .bytes = 1e12},
            10'000'000'000};
}
std::string refused(const DeviceRequest& request, const Machine& machine) {
    try {
        choose_device(request, machine, small);
        return "";
    } catch (const Error& e) {
        return e.what();
    }
}

TEST(ChooseDevice, AutoTakesWhatIsFasterByTheModel) {
    const DeviceChoice cpu = choose_device({}, with({h100}), small);
    EXPECT_EQ(cpu.backend, Device::cpu);
    EXPECT_EQ(cpu.why,
              "about 0.5 s on NVIDIA H100, device 0, 0.059 s on the CPU, by a model of both");
    const DeviceChoice cuda = choose_device({}, with({h100}), large);
    EXPECT_EQ(cuda.backend, Device::cuda);
    EXPECT_EQ(cuda.cuda.number, 0);
    // 0.5 s, 0.25 s of launches, 1e12 / 8.4e12 and 1e12 / 3.35e12
    EXPECT_EQ(cuda.text("NVIDIA H100, device 0"),
              "NVIDIA H100, device 0 (auto: about 1.2 s on NVIDIA H100, device 0, 59 s on the CPU, "
              "by a model of both)");
    // More threads than a machine has would win.
    Machine machine = with({h100});
    machine.threads = 200;
    EXPECT_EQ(choose_device({}, machine, large).backend, Device::cpu);
}

TEST(ChooseDevice, AutoLeavesADeviceWithTooLittleMemory) {
    const DeviceChoice choice = choose_device({}, with({h100}, 5'000'000'000), large);
    EXPECT_EQ(choice.backend, Device::cpu);
    EXPECT_NE(
        choice.why.find("takes about 10.0 GB of the device's memory, of which 5.0 GB are free"),
        std::string::npos);
}

TEST(ChooseDevice, AutoNeverTakesAnInterpreter) {
    CudaDevice ptxrun = h100;
    ptxrun.name = "ptxrun";
    ptxrun.interpreted = true;
    EXPECT_EQ(choose_device({}, with({ptxrun}), large).backend, Device::cpu);
    EXPECT_EQ(choose_device({Device::cuda}, with({ptxrun}), small).backend, Device::cuda);
}

TEST(ChooseDevice, WithoutCudaAutoSaysWhyAndCudaIsAnError) {
    const Machine machine{2, {}, "no NVIDIA driver is installed", {}};
    const DeviceChoice choice = choose_device({}, machine, large);
    EXPECT_EQ(choice.backend, Device::cpu);
    EXPECT_EQ(choice.why, "no NVIDIA driver is installed");
    EXPECT_EQ(refused({Device::cuda}, machine),
              "--backend cuda: no NVIDIA driver is installed; use --backend cpu, or auto to take "
              "what is there");
    EXPECT_TRUE(
        refused({Device::automatic, 1}, machine).starts_with("--device 1: no NVIDIA driver"));
}

TEST(ChooseDevice, TheDeviceNamedIsTakenOrAnError) {
    CudaDevice second = h100;
    second.number = 1;
    second.name = "NVIDIA A100";
    second.bus_id = "0000:02:00.0";
    const Machine machine = with({h100, second});
    EXPECT_EQ(choose_device({Device::cuda, 1}, machine, small).cuda.name, "NVIDIA A100");
    EXPECT_EQ(choose_device({Device::automatic, 1}, machine, large).cuda.bus_id, second.bus_id);
    EXPECT_EQ(refused({Device::cuda, 2}, machine),
              "--device 2: there is no such device; there is 0 (NVIDIA H100), 1 (NVIDIA A100)");
    EXPECT_TRUE(refused({Device::cpu, 0}, machine).starts_with("--device names a CUDA device"));
    EXPECT_EQ(choose_device({Device::cpu}, machine, large).why, "");  // asked for
}

Plan plan_of(const std::string& model, const std::vector<std::string>& overrides = {}) {
    const AnyModel any = read_any_model(shipped_model(model), overrides);
    if (const auto* full = std::get_if<SimulationSpec>(&any)) {
        const SimulationSpec spec = apply_scale(*full);
        return {expected_work(spec), sum_of(device_memory(spec))};
    }
    const auto& spec = std::get<ModelSpec>(any);
    return {expected_work(spec, 60000, 10000), sum_of(device_memory(spec, 60000, 10000))};
}
Device taken(const Plan& plan) {
    return choose_device({}, with({h100}), [&] { return plan; }).backend;
}

TEST(ModelledTime, SmallModelsStayOnTheCpuAndLargeOnesGoToTheDevice) {
    for (const char* model : {"cuba", "coba", "izhikevich_patterns", "stp_demo", "stdp_window"})
        EXPECT_EQ(taken(plan_of(model, {"simulate.duration=1 s"})), Device::cpu) << model;
    for (const char* model : {"brunel", "microcircuit"})
        EXPECT_EQ(taken(plan_of(model, {"simulate.duration=10 s"})), Device::cuda) << model;
    EXPECT_EQ(taken(plan_of("mnist_lif")), Device::cuda);
    EXPECT_EQ(taken(plan_of("mnist_lif", {"train.epochs=0", "populations.hidden.size=10"})),
              Device::cpu);
}

/// Within a factor of two of what docs/results.md has of two threads.
TEST(ModelledTime, OfTheCpuIsNearWhatWasMeasured) {
    const auto seconds = [](const Plan& plan) { return modelled_seconds_on_cpu(plan.work, 2); };
    EXPECT_NEAR(std::log2(seconds(plan_of("cuba", {"simulate.duration=1 s"})) / 0.039), 0.0, 1.0);
    EXPECT_NEAR(
        std::log2(seconds(plan_of("brunel", {"simulate.duration=1 s", "populations.E.rate=38 Hz",
                                             "populations.I.rate=38 Hz"})) /
                  0.66),
        0.0, 1.0);
    EXPECT_NEAR(
        std::log2(seconds(plan_of("mnist_lif", {"train.epochs=1", "test=null", "record=null",
                                                "populations.hidden.size=1000"})) /
                  9.7),
        0.0, 1.0);
}

/// Within a factor of two of what docs/results.md has.
TEST(ModelledTime, OfEquationsAndOfRowsThatAreDrawnAnew) {
    const auto seconds = [](const Plan& plan) { return modelled_seconds_on_cpu(plan.work, 1); };
    const double equations = seconds(plan_of("equations/cuba", {"simulate.duration=10 s"})),
                 built_in = seconds(plan_of("cuba", {"simulate.duration=10 s"}));
    EXPECT_NEAR(std::log2(equations / built_in / 1.6), 0.0, 1.0);
    const auto random = [&](const std::string& procedural) {
        const SimulationSpec spec = parse_simulation(
            "name: m\ndt: 0.1 ms\nsimulate: {duration: 100 ms}\npopulations:\n"
            "  E: {model: iaf_psc_delta, size: 20000, rate: 6 Hz}\nprojections:\n"
            "  - {from: E, to: E, connect: {rule: fixed_out_degree, n: 1000}, weight: -0.1 mV,"
            " delay: 1.5 ms, procedural: " +
                procedural + "}\nstimuli: [{to: E, kind: poisson, rate: 9 kHz, weight: 0.2 mV}]\n",
            "m.yaml");
        return modelled_seconds_on_cpu(expected_work(spec), 1);
    };
    EXPECT_NEAR(std::log2(random("true") / random("false") / (0.25 / 0.06)), 0.0, 1.0);
}

}  // namespace
}  // namespace snnsim
