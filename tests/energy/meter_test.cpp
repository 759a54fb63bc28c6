// Energy counters with a folder in place of sysfs and a small library in place of NVML.
#include "src/energy/meter.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "src/energy/accounting.hpp"
#include "src/energy/meter_nvml.hpp"
#include "src/energy/meter_rapl.hpp"
#include "tests/wait_for.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

/// Time that passes when a test says so.
struct TestClock {
    std::atomic<double> now{0.0};

    void pass(double seconds) { now = now + seconds; }
    Clock reading() {
        return [this] { return now.load(); };
    }
    MeterOptions options() {
        MeterOptions o;
        o.clock = reading();
        return o;
    }
};

/// A counter that the meter's thread reads again and again, and how often it has.
class WatchedCounter final : public EnergySource {
  public:
    WatchedCounter(std::unique_ptr<EnergySource> counter, std::atomic<int>& reads)
        : counter_(std::move(counter)), reads_(reads) {}
    double joules() override {
        const double joules = counter_->joules();
        ++reads_;
        return joules;
    }
    double read_within() const override { return 1e-3; }

  private:
    std::unique_ptr<EnergySource> counter_;
    std::atomic<int>& reads_;
};

/// A powercap folder with one package and its DRAM, as of an Intel server.
class Rapl : public ::testing::Test {
  protected:
    const fs::path root =
        fs::temp_directory_path() / ("snnsim_powercap_" + std::to_string(getpid()));

    void SetUp() override {
        zone("intel-rapl:0", "package-0", 1000000, 262143328850);
        zone("intel-rapl:0:0", "dram", 500, 1000);
        zone("intel-rapl:0:1", "core", 7, 262143328850);
        zone("intel-rapl:1", "psys", 7, 262143328850);
        zone("intel-rapl-mmio:0", "package-0", 7, 262143328850);
    }
    void TearDown() override { fs::remove_all(root); }

    void write(const std::string& file, const std::string& text) const {
        const fs::path path = root / file;
        std::ofstream(path.string() + ".new") << text << "\n";
        fs::rename(path.string() + ".new", path);  // a reader never sees half of it
    }
    void zone(const std::string& zone, const std::string& name, std::uint64_t now,
              std::uint64_t range) const {
        fs::create_directories(root / zone);
        write(zone + "/name", name);
        write(zone + "/energy_uj", std::to_string(now));
        write(zone + "/max_energy_range_uj", std::to_string(range));
    }
    void set(const std::string& zone, std::uint64_t microjoules) const {
        write(zone + "/energy_uj", std::to_string(microjoules));
    }
    std::vector<EnergyDomain> domains() const { return rapl_domains(root); }
};

const DomainEnergy& of(const MeasuredEnergy& m, const std::string& phase,
                       const std::string& domain) {
    return m.phases.at(phase).domains.at(domain);
}

TEST_F(Rapl, PackagesAndTheirMemoryPhaseByPhase) {
    EnergyMeter meter(domains(), {});
    set("intel-rapl:0", 2000000);  // before the phase
    meter.begin("train");
    set("intel-rapl:0", 5000000);
    set("intel-rapl:0:0", 900);
    meter.end("train");
    meter.during("test", [&] { set("intel-rapl:0", 5250000); });
    const MeasuredEnergy m = meter.so_far();
    EXPECT_EQ(m.phases.at("train").domains.size(), 2u);  // no core, psys or mmio
    EXPECT_DOUBLE_EQ(of(m, "train", "package-0").used.value, 3.0);
    EXPECT_EQ(of(m, "train", "package-0").used.unavailable, "");
    EXPECT_EQ(of(m, "train", "package-0").source, "RAPL counter");
    EXPECT_NE(of(m, "train", "package-0").note, "");  // a short phase
    EXPECT_NEAR(of(m, "train", "dram-0").used.value, 400e-6, 1e-12);
    EXPECT_DOUBLE_EQ(of(m, "test", "package-0").used.value, 0.25);
    EXPECT_NE(of(m, "train", "package-0").idle.unavailable.find("--idle-baseline"),
              std::string::npos);
}

TEST_F(Rapl, ACounterWrapsAtItsRange) {
    EnergyMeter meter(domains(), {});
    meter.begin("train");
    set("intel-rapl:0:0", 100);  // 500 -> 1000 -> 100
    meter.end("train");
    EXPECT_NEAR(of(meter.so_far(), "train", "dram-0").used.value, 600e-6, 1e-12);
}

TEST_F(Rapl, SeveralWrapsInOnePhaseAreSeenByTheThread) {
    std::vector<EnergyDomain> watched = domains();
    ASSERT_EQ(watched[1].name, "dram-0");
    EXPECT_GT(watched[1].counter->read_within(), 0.0);
    EXPECT_LE(watched[1].counter->read_within(), 1.0);  // s; the smallest ranges last a minute
    std::atomic<int> reads{0};
    watched[1].counter = std::make_unique<WatchedCounter>(std::move(watched[1].counter), reads);
    EnergyMeter meter(std::move(watched), {});
    meter.begin("train");
    set("intel-rapl:0:0", 400);  // 500 -> 1000 -> 400
    const int before = reads;
    testing::wait_for([&] { return reads >= before + 2; });  // one may have been under way
    set("intel-rapl:0:0", 300);                              // 400 -> 1000 -> 300
    meter.end("train");
    EXPECT_NEAR(of(meter.so_far(), "train", "dram-0").used.value, 1800e-6, 1e-12);
}

TEST_F(Rapl, ACounterThatStandsStillIsUnavailable) {
    TestClock clock;
    EnergyMeter meter(domains(), clock.options());
    meter.during("test", [&] { clock.pass(0.02); });
    EXPECT_EQ(of(meter.so_far(), "test", "package-0").used.unavailable,
              "the counter did not move in 0.02 s");
    meter.begin("train");
    set("intel-rapl:0", 3000000);
    meter.so_far();
    clock.pass(0.6);  // moved first, stands then
    meter.end("train");
    EXPECT_EQ(of(meter.so_far(), "train", "package-0").used.unavailable,
              "the counter has not moved for 0.6 s");
}

TEST_F(Rapl, AZoneThatVanishesSpoilsItsPhaseAlone) {
    EnergyMeter meter(domains(), {});
    meter.during("start", [&] { set("intel-rapl:0", 1500000); });
    meter.begin("train");
    fs::remove(root / "intel-rapl:0/energy_uj");
    meter.end("train");
    meter.begin("test");
    set("intel-rapl:0", 10);  // back, from its beginning
    meter.end("test");
    meter.during("again", [&] { set("intel-rapl:0", 500010); });
    const MeasuredEnergy m = meter.so_far();
    EXPECT_DOUBLE_EQ(of(m, "start", "package-0").used.value, 0.5);
    const Measure train = of(m, "train", "package-0").used;
    EXPECT_NE(train.unavailable.find("energy_uj: No such file"), std::string::npos)
        << train.unavailable;
    EXPECT_FALSE(of(m, "test", "package-0").used.unavailable.empty());
    EXPECT_NEAR(of(m, "again", "package-0").used.value, 0.5, 1e-9);
}

TEST_F(Rapl, ACounterThatMayNotBeReadSaysHowToAllowIt) {
    chmod((root / "intel-rapl:0/energy_uj").c_str(), 0);
    const uid_t user = geteuid();  // root reads everything; be nobody meanwhile
    if (user == 0 && seteuid(65534) != 0) GTEST_SKIP() << "cannot be another user than root";
    EnergyMeter meter(domains(), {});
    meter.during("train", [] {});
    if (user == 0) {
        ASSERT_EQ(seteuid(user), 0);
    }
    const Measure package = of(meter.so_far(), "train", "package-0").used;
    EXPECT_NE(package.unavailable.find("Permission denied; `chmod a+r`"), std::string::npos)
        << package.unavailable;
}

TEST_F(Rapl, WhatIsNotThereSaysWhy) {
    fs::remove_all(root / "intel-rapl:0:0");  // as on AMD
    std::vector<EnergyDomain> found = domains();
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[1].name, "dram");
    EXPECT_NE(found[1].absent.find("no DRAM zone"), std::string::npos);
    write("intel-rapl:0/energy_uj", "?");
    EXPECT_NE(domains()[0].absent.find("holds no number: '?'"), std::string::npos);
    fs::remove_all(root);
    found = domains();
    ASSERT_EQ(found.size(), 2u);
    for (const EnergyDomain& d : found)
        EXPECT_NE(d.absent.find("shows no RAPL zone"), std::string::npos) << d.name;
}

TEST_F(Rapl, TheIdleMachineIsAColumnOfItsOwn) {
    TestClock clock;
    MeterOptions options = clock.options();
    options.idle_seconds = 0.1;
    options.sleep = [&](double seconds) {
        set("intel-rapl:0", 1200000);  // 0.2 J more
        clock.pass(seconds);
    };
    EnergyMeter meter(domains(), options);
    meter.during("train", [&] {
        set("intel-rapl:0", 4200000);
        clock.pass(3.0);
    });
    const MeasuredEnergy m = meter.so_far();
    EXPECT_EQ(m.phases.count("idle"), 0u);
    const DomainEnergy& package = of(m, "train", "package-0");
    EXPECT_DOUBLE_EQ(package.used.value, 3.0);         // nothing taken off
    EXPECT_NEAR(package.idle.value, 2.0 * 3.0, 1e-9);  // W s
    EXPECT_NE(of(m, "train", "dram-0").idle.unavailable.find("did not move"), std::string::npos);
}

TEST_F(Rapl, AResumedRunGoesOnCounting) {
    EnergyMeter first(domains(), {});
    first.during("train", [&] { set("intel-rapl:0", 2000000); });
    EnergyMeter second(domains(), {}, first.so_far());
    second.during("train", [&] { set("intel-rapl:0", 2500000); });
    EXPECT_DOUBLE_EQ(of(second.so_far(), "train", "package-0").used.value, 1.5);
}

TEST_F(Rapl, ACheckpointRightAfterTheBeginningSpoilsNothing) {
    EnergyMeter crashed(domains(), {});
    crashed.begin("train");
    const MeasuredEnergy checkpoint = crashed.so_far();
    EXPECT_EQ(of(checkpoint, "train", "package-0").used.unavailable, not_yet);
    EnergyMeter second(domains(), {}, checkpoint);
    second.during("train", [&] { set("intel-rapl:0", 3000000); });
    EXPECT_DOUBLE_EQ(of(second.so_far(), "train", "package-0").used.value, 2.0);
    EXPECT_EQ(of(second.so_far(), "train", "package-0").used.unavailable, "");
}

/// The stand-in for NVML: its readings are set through the library itself.
class NvmlGpu : public ::testing::Test {
  protected:
    static constexpr const char* gpu = "0000:1B:00.0";
    static constexpr int gpu_is_lost = 15, not_supported = 3;
    void* handle = nullptr;
    void (*set)(unsigned long long, int, unsigned, int) = nullptr;

    void open(const char* library) {
        handle = dlopen(library, RTLD_NOW);
        ASSERT_TRUE(handle) << dlerror();
        set = reinterpret_cast<decltype(set)>(dlsym(handle, "fake_nvml_set"));
        set(0, 0, 0, 0);
    }
    void TearDown() override {
        if (handle) dlclose(handle);
    }
    static std::vector<EnergyDomain> domains(const char* library, const char* id = gpu) {
        std::vector<EnergyDomain> list;
        list.push_back(nvml_domain(library, id));
        return list;
    }
};

TEST_F(NvmlGpu, CountsMillijoules) {
    open(FAKE_NVML);
    set(5000, 0, 0, 0);
    EnergyMeter meter(domains(FAKE_NVML), {});
    meter.during("train", [&] { set(7500, 0, 0, 0); });
    meter.begin("test");
    set(0, gpu_is_lost, 0, gpu_is_lost);
    meter.end("test");
    const MeasuredEnergy m = meter.so_far();
    EXPECT_DOUBLE_EQ(of(m, "train", "gpu").used.value, 2.5);
    EXPECT_EQ(of(m, "train", "gpu").source, "NVML counter");
    EXPECT_NE(of(m, "test", "gpu").used.unavailable.find("GPU is lost"), std::string::npos);
}

TEST_F(NvmlGpu, PowerIsSampledWhereThereIsNoCounter) {
    for (const char* library : {FAKE_NVML, FAKE_OLD_NVML}) {
        open(library);
        set(0, not_supported, 50000, 0);
        TestClock clock;
        std::vector<EnergyDomain> list;
        list.push_back(nvml_domain(library, gpu, clock.reading()));
        std::atomic<int> reads{0};
        EXPECT_LE(list[0].counter->read_within(), 0.1);  // s
        list[0].counter = std::make_unique<WatchedCounter>(std::move(list[0].counter), reads);
        EnergyMeter meter(std::move(list), clock.options());
        meter.during("train", [&] {
            for (int k = 0; k < 3; ++k) {  // each trapezoid is sampled by the thread
                clock.pass(0.1);
                const int before = reads;
                testing::wait_for([&] { return reads >= before + 2; });
            }
        });
        set(0, not_supported, 0, 0);
        meter.during("fall", [&] { clock.pass(0.1); });
        meter.during("test", [&] { clock.pass(0.1); });
        const MeasuredEnergy m = meter.so_far();
        const DomainEnergy& train = of(m, "train", "gpu");
        EXPECT_EQ(train.source, "NVML power, sampled");
        EXPECT_NEAR(train.used.value, 50.0 * 0.3, 1e-9);
        EXPECT_FALSE(of(m, "test", "gpu").used.unavailable.empty());  // 0 W is no measurement
        dlclose(handle);
        handle = nullptr;
    }
}

TEST_F(NvmlGpu, WhatIsMissingIsNamed) {
    const auto reason = [](const char* library, const char* id) {
        return domains(library, id)[0].absent;
    };
    EXPECT_NE(reason("libnowhere.so.1", gpu).find("no NVML: libnowhere.so.1"), std::string::npos);
    EXPECT_EQ(reason(FAKE_NVML, "0000:FF:00.0"), "NVML: no GPU 0000:FF:00.0: Not Found");
}

}  // namespace
}  // namespace snnsim
