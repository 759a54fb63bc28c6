#include "kernels/launch/cpu.hpp"
#include "src/memory/recall_on.hpp"

namespace snnsim {

RecallOutcome recall_on_cpu(const HopfieldModel& model, int threads, const AskToEnd& ask) {
    const Cpu cpu(threads);
    return RecallOn<Cpu>(model, cpu).run(ask);
}

}  // namespace snnsim
