// The exceptions a caller may want to tell apart; each message says what, where and what to do.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace snnsim {

struct Error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The model file is wrong. `what()` holds every problem found, one after the other.
struct ModelError : Error {
    using Error::Error;
};
/// A data set is missing, damaged or does not fit the model.
struct DataError : Error {
    using Error::Error;
};
/// A file cannot be read or written.
struct FileError : Error {
    using Error::Error;
};
/// The device asked for is missing, too small or failed.
struct DeviceError : Error {
    using Error::Error;
};
/// A simulation whose numbers make no sense any more. What it gave up to `step` is sound.
struct NumericalError : Error {
    NumericalError(const std::string& what, std::int64_t step) : Error(what), step(step) {}
    std::int64_t step;  // done
};
/// The command line or an option is wrong.
struct UsageError : Error {
    using Error::Error;
};
/// A mistake of this program, not of its user.
struct InternalError : Error {
    using Error::Error;
};

}  // namespace snnsim

/// Checks what only a mistake of ours can break.
#define SNN_EXPECT(condition)                                                                 \
    do {                                                                                      \
        if (!(condition))                                                                     \
            throw ::snnsim::InternalError(std::string("internal error: " #condition " at ") + \
                                          __FILE__ + ":" + std::to_string(__LINE__) +         \
                                          "; please report this");                            \
    } while (false)
