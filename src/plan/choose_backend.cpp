#include "src/plan/choose_backend.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "snnsim/error.hpp"
#include "src/engine/ranks/process_ranks.hpp"
#include "src/files/room.hpp"
#include "src/plan/device_memory.hpp"
#include "src/plan/expected_work.hpp"
#include "src/plan/memory.hpp"

namespace snnsim {

DeviceChoice choose_backend(const SimulationSpec& spec, const DeviceRequest& request, int threads) {
    return choose_device(request, this_machine(threads), [&] {
        return Plan{expected_work(spec), sum_of(device_memory(spec))};
    });
}

DeviceChoice choose_backend(const ModelSpec& spec, const SampleCounts& samples,
                            const DeviceRequest& request, int threads) {
    return choose_device(request, this_machine(threads), [&] {
        return Plan{expected_work(spec, samples.training, samples.test),
                    sum_of(device_memory(spec, samples.training, samples.test))};
    });
}

void require_device_memory(const DeviceChoice& choice, const std::vector<MemoryPart>& parts,
                           const std::vector<MemoryPart>& host, const char* advice) {
    if (choice.backend != Device::cuda) return;
    const std::string wrong =
        memory_problem(parts, free_memory_of_cuda_device(choice.cuda.number),
                       fmt::format("{}; --backend cpu takes about {} of the host's memory instead",
                                   advice, bytes_text(sum_of(host))),
                       "the memory of " + choice.cuda.text());
    if (!wrong.empty()) throw DeviceError(wrong);
}

std::string backend_text(const DeviceChoice& choice,
                         const std::function<std::vector<MemoryPart>()>& device_memory) {
    return fmt::format("backend auto: {} ({})\n{}{}", name_of(choice.backend), choice.why,
                       choice.modelled ? "  no device has measured the model yet\n" : "",
                       why_no_cuda().empty()
                           ? fmt::format("  a CUDA device needs about {} of its memory for it\n",
                                         bytes_text(sum_of(device_memory())))
                           : "");
}

int threads_of(const RunOptions& options) {
    return options.threads > 0 ? options.threads : cores_of_process();
}

}  // namespace snnsim
