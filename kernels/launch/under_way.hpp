// What a device was given to do since it last had done everything. It finds a fault in a kernel
// some time later, in a call that has nothing to do with it: then this is what is known of the
// place.
#pragma once

#include <cxxabi.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <typeinfo>
#include <variant>
#include <vector>

namespace snnsim {

/// "StepGroups<IafPscExp, false>"
inline std::string name_of_type(const std::type_info& type) {
    int status = 0;
    char* const text = abi::__cxa_demangle(type.name(), nullptr, nullptr, &status);
    std::string name = status == 0 ? text : type.name();
    std::free(text);
    constexpr std::string_view own = "snnsim::";
    for (auto at = name.find(own); at != std::string::npos; at = name.find(own))
        name.erase(at, own.size());
    return name;
}

/// The type of its body; the name of one that was compiled while the program runs.
using LaunchedKernel = std::variant<const std::type_info*, std::string>;

class UnderWay {
  public:
    using Kernels = std::vector<LaunchedKernel>;  // each once

    void launched(const LaunchedKernel& kernel) {
        if (std::find(kernels_.begin(), kernels_.end(), kernel) == kernels_.end())
            kernels_.push_back(kernel);
    }
    void launched(const std::type_info& body) { launched(LaunchedKernel(&body)); }
    void launched(const Kernels& kernels) {
        for (const LaunchedKernel& kernel : kernels) launched(kernel);
    }
    /// What is launched next belongs to the parts `first` to `last` of the run: "step".
    void begin(std::string_view unit, std::int64_t first, std::int64_t last) {
        if (unit != unit_ || first_ == 0) first_ = first;
        unit_ = unit;
        last_ = last;
    }
    /// All of it is done, without a fault.
    void done() {
        kernels_.clear();
        first_ = 0;
    }

    const Kernels& kernels() const { return kernels_; }
    /// " in steps 321 to 352, in one of the kernels DeliverDue, ListSpikes"; empty where nothing is
    /// under way.
    std::string text() const {
        std::string out;
        if (first_ > 0)
            out = " in " + unit_ +
                  (last_ > first_ ? "s " + std::to_string(first_) + " to " + std::to_string(last_)
                                  : " " + std::to_string(first_));
        const char* before = kernels_.size() == 1 ? ", in the kernel " : ", in one of the kernels ";
        for (const LaunchedKernel& kernel : kernels_) {
            const auto* const body = std::get_if<const std::type_info*>(&kernel);
            out += before;
            out += body ? name_of_type(**body) : std::get<std::string>(kernel);
            before = ", ";
        }
        return out;
    }

  private:
    Kernels kernels_;
    std::string unit_;
    std::int64_t first_ = 0, last_ = 0;  // 0: nothing
};

/// Of this process, which computes on one device.
inline UnderWay& under_way() {
    static UnderWay all;
    return all;
}

}  // namespace snnsim
