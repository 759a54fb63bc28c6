// Stands in for libnvidia-ml.so.1: one GPU, whose readings and errors a test sets through
// fake_nvml_set (found with dlsym).
#include <atomic>
#include <cstring>

namespace {

std::atomic<unsigned long long> energy{0};  // mJ
std::atomic<unsigned> power{0};             // mW
std::atomic<int> energy_status{0};
std::atomic<int> power_status{0};

}  // namespace

extern "C" {

void fake_nvml_set(unsigned long long millijoules, int status, unsigned milliwatts, int of_power) {
    energy = millijoules;
    energy_status = status;
    power = milliwatts;
    power_status = of_power;
}

int nvmlInit_v2() {
    return 0;
}
int nvmlShutdown() {
    return 0;
}
const char* nvmlErrorString(int status) {
    return status == 3 ? "Not Supported" : status == 6 ? "Not Found" : "GPU is lost";
}
int nvmlDeviceGetHandleByPciBusId_v2(const char* id, void** device) {
    static int gpu = 0;
    if (std::strcmp(id, "0000:1B:00.0") != 0) return 6;
    *device = &gpu;
    return 0;
}
#ifndef FAKE_NVML_WITHOUT_COUNTER
int nvmlDeviceGetTotalEnergyConsumption(void*, unsigned long long* millijoules) {
    *millijoules = energy;
    return energy_status;
}
#endif
int nvmlDeviceGetPowerUsage(void*, unsigned* milliwatts) {
    *milliwatts = power;
    return power_status;
}

}  // extern "C"
