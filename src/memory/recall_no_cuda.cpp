// Stands in for CUDA in a build without it.
#include "snnsim/device.hpp"
#include "snnsim/error.hpp"
#include "src/memory/recall.hpp"

namespace snnsim {

RecallOutcome recall_on_cuda(const HopfieldModel&, const AskToEnd&) {
    throw DeviceError("cannot use CUDA: " + why_no_cuda());
}

}  // namespace snnsim
