// How much memory there is, asked before it is taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace snnsim {

/// Bytes that processes here may still take together: what the system has, or what the control
/// group leaves of it.
std::size_t available_on_machine();
/// Bytes that this process may still take: those, or what `ulimit -v` leaves.
std::size_t available_memory();

/// "3.2 GB", "120 MB", "7 kB", "12 bytes".
std::string bytes_text(std::size_t bytes);

/// Throws FileError when `bytes` are more than is free, with `what` at its beginning ("x.h5: the
/// data set 'weights'"). What is small is not looked at.
void require_room(std::uint64_t bytes, const std::string& what);

}  // namespace snnsim
