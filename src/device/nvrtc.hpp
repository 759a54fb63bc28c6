// CUDA C++ text to code of a device, by NVRTC, which is loaded when it is first needed: a program
// without it does all else.
#pragma once

#include <string>

namespace snnsim {

struct NvrtcRequest {
    std::string name;  // what messages call the text
    /// May include kernels/ (those files that CMakeLists.txt lists) as the program itself does, and
    /// the standard headers that they include. All of it is compiled for the device.
    std::string text;
    std::string entry;    // the kernel: its name, or an instance of a template
    int capability = 90;  // of the device
    bool ptx = false;     // rather than machine code
};

struct NvrtcCode {
    std::string code;   // machine code, or PTX: also where NVRTC knows no device as new as this
    std::string entry;  // what the kernel is called in it
};

/// With the options of the program's own kernels, so that its bits are theirs. Throws DeviceError
/// where there is no NVRTC, and InternalError with NVRTC's messages where it refuses the text.
NvrtcCode compile_with_nvrtc(const NvrtcRequest& request);

}  // namespace snnsim
