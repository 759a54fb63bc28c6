#include "src/run/provenance.hpp"

#include <unistd.h>

#include <array>
#include <ctime>

#include "snnsim/hopfield_spec.hpp"
#include "src/data/idx.hpp"

namespace snnsim {

std::string program_version() {
    return SNNSIM_VERSION;
}

std::string utc_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text.data();
}

namespace {

template <class Spec>
Provenance provenance_of_any(const Spec& spec) {
    Provenance p;
    p.model_name = spec.name;
    p.model_path = spec.path;
    p.model_text = spec.text;
    p.model_sha256 = sha256(spec.text.data(), spec.text.size());
    p.overrides = spec.overrides;
    p.seed = spec.seed;
    p.dt = spec.dt;
    p.version = SNNSIM_VERSION;
    p.git = SNNSIM_GIT;
    std::array<char, 256> host{};
    if (gethostname(host.data(), host.size() - 1) == 0) p.host = host.data();
    p.started = utc_now();
    return p;
}

}  // namespace

Provenance provenance_of(const ModelSpec& spec) {
    return provenance_of_any(spec);
}
Provenance provenance_of(const SimulationSpec& spec) {
    return provenance_of_any(spec);
}
Provenance provenance_of(const HopfieldModel& model) {
    return provenance_of_any(model);
}

}  // namespace snnsim
