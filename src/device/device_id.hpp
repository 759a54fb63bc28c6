// Tells GPUs apart, whatever numbers processes and machines give them.
#pragma once

#include <string>

namespace snnsim {

/// Of no other in the world; empty of what is no GPU.
std::string id_of_cuda_device(int number);

}  // namespace snnsim
