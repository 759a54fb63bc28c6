#include "src/energy/meter_nvml.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <optional>

namespace snnsim {
namespace {

/// The few functions of NVML that are needed, declared as in nvml.h (CUDA toolkit 12).
class Nvml {
  public:
    using Device = void*;

    Nvml(const std::string& library, const std::string& bus_id)
        : library_(dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL)) {
        if (!library_) throw EnergyUnavailable(fmt::format("no NVML: {}", dlerror()));
        try {
            find(start_, "nvmlInit_v2");
            find(stop_, "nvmlShutdown");
            find(by_bus_id_, "nvmlDeviceGetHandleByPciBusId_v2");
            find(power_, "nvmlDeviceGetPowerUsage");
            error_ = as<const char* (*)(int)>("nvmlErrorString");
            energy_ = as<int (*)(Device, unsigned long long*)>(
                "nvmlDeviceGetTotalEnergyConsumption");  // since driver 396
            check(start_(), "nvmlInit_v2");
        } catch (...) {
            dlclose(library_);
            throw;
        }
        const int status = by_bus_id_(bus_id.c_str(), &device_);
        if (status == 0) return;
        const std::string reason = text_of(status, "no GPU " + bus_id);
        close();
        throw EnergyUnavailable(reason);
    }
    ~Nvml() { close(); }
    Nvml(const Nvml&) = delete;
    Nvml& operator=(const Nvml&) = delete;

    double joules() const {
        unsigned long long millijoules = 0;
        check(energy_(device_, &millijoules), "nvmlDeviceGetTotalEnergyConsumption");
        return static_cast<double>(millijoules) * 1e-3;
    }
    double watts() const {
        unsigned milliwatts = 0;
        check(power_(device_, &milliwatts), "nvmlDeviceGetPowerUsage");
        return milliwatts * 1e-3;
    }
    bool has_counter() const {
        unsigned long long ignored = 0;
        constexpr int not_supported = 3;
        return energy_ && energy_(device_, &ignored) != not_supported;
    }

  private:
    template <class Function>
    Function as(const char* name) const {
        return reinterpret_cast<Function>(dlsym(library_, name));
    }
    template <class Function>
    void find(Function& function, const char* name) const {
        function = as<Function>(name);
        if (!function) throw EnergyUnavailable(fmt::format("this NVML has no {}", name));
    }
    std::string text_of(int status, const std::string& what) const {
        return fmt::format("NVML: {}: {}", what,
                           error_ ? error_(status) : fmt::format("error {}", status));
    }
    void check(int status, const std::string& what) const {
        if (status != 0) throw EnergyUnavailable(text_of(status, what));
    }
    void close() const {
        stop_();
        dlclose(library_);
    }

    void* library_;
    Device device_ = nullptr;
    int (*start_)() = nullptr;
    int (*stop_)() = nullptr;
    int (*by_bus_id_)(const char*, Device*) = nullptr;
    int (*power_)(Device, unsigned*) = nullptr;
    int (*energy_)(Device, unsigned long long*) = nullptr;
    const char* (*error_)(int) = nullptr;
};

class NvmlCounter final : public EnergySource {
  public:
    explicit NvmlCounter(std::shared_ptr<const Nvml> nvml)
        : nvml_(std::move(nvml)), last_(nvml_->joules()) {}
    double joules() override {
        const double now = nvml_->joules(), before = last_;
        last_ = now;
        if (now < before) throw EnergyUnavailable("NVML: the energy counter started anew");
        sum_ += now - before;
        return sum_;
    }

  private:
    std::shared_ptr<const Nvml> nvml_;
    double last_, sum_ = 0.0;
};

/// Trapezoids under the power.
class NvmlPower final : public EnergySource {
  public:
    NvmlPower(std::shared_ptr<const Nvml> nvml, Clock clock)
        : nvml_(std::move(nvml)), clock_(std::move(clock)), watts_(nvml_->watts()), at_(clock_()) {}
    double joules() override {
        const double watts = nvml_->watts(), now = clock_();
        sum_ += 0.5 * (watts_ + watts) * (now - at_);
        watts_ = watts;
        at_ = now;
        return sum_;
    }
    double read_within() const override { return 0.05; }

  private:
    std::shared_ptr<const Nvml> nvml_;
    const Clock clock_;
    double watts_, at_, sum_ = 0.0;
};

}  // namespace

EnergyDomain nvml_domain(const std::string& library, const std::string& bus_id,
                         const Clock& clock) {
    try {
        const auto nvml = std::make_shared<const Nvml>(library, bus_id);
        if (nvml->has_counter())
            return {"gpu", "NVML counter", std::make_unique<NvmlCounter>(nvml), ""};
        return {"gpu", "NVML power, sampled", std::make_unique<NvmlPower>(nvml, clock), ""};
    } catch (const EnergyUnavailable& e) {
        return {"gpu", "", nullptr, e.what()};
    }
}

}  // namespace snnsim
