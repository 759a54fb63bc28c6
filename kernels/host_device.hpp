// SNN_HD marks a function that is compiled for both machines.
#pragma once

#ifdef __CUDACC__
#define SNN_HD __host__ __device__
#else
#define SNN_HD
#endif
