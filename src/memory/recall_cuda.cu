// A thread a trial: many trials fill a device, a few do not.
#include "kernels/launch/cuda.cuh"
#include "src/memory/recall_on.hpp"

namespace snnsim {

RecallOutcome recall_on_cuda(const HopfieldModel& model, const AskToEnd& ask) {
    const Cuda cuda(0);
    return RecallOn<Cuda>(model, cuda).run(ask);
}

}  // namespace snnsim
