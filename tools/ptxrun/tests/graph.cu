// A graph captured over two streams: arguments as at the capture, order by events, many launches.
#include <cuda_runtime.h>

#include "check.hpp"

__global__ void step(int* x, int add) {
    x[threadIdx.x] = x[threadIdx.x] * 2 + add;
}
__global__ void join(const int* a, const int* b, int* c) {
    c[threadIdx.x] += a[threadIdx.x] * 1000 + b[threadIdx.x];
}

int main() {
    cudaStream_t one, two;
    CALL(cudaStreamCreate(&one));
    CALL(cudaStreamCreateWithFlags(&two, cudaStreamNonBlocking));
    cudaEvent_t fork, back;
    CALL(cudaEventCreate(&fork));
    CALL(cudaEventCreate(&back));
    int *a, *b, *c;
    CALL(cudaMalloc(&a, 128));
    CALL(cudaMalloc(&b, 128));
    CALL(cudaMalloc(&c, 128));
    CALL(cudaMemset(c, 0, 128));
    int* host;
    CALL(cudaMallocHost(&host, 128));
    CALL(cudaStreamBeginCapture(one, cudaStreamCaptureModeGlobal));
    CALL(cudaMemsetAsync(a, 0, 128, one));
    CALL(cudaEventRecord(fork, one));
    CALL(cudaStreamWaitEvent(two, fork, 0));
    CALL(cudaMemsetAsync(b, 0, 128, two));
    int add = 3;
    step<<<1, 32, 0, one>>>(a, add);
    add = 5;
    step<<<1, 32, 0, one>>>(a, add);
    step<<<1, 32, 0, two>>>(b, 7);
    CALL(cudaEventRecord(back, two));
    CALL(cudaStreamWaitEvent(one, back, 0));
    join<<<1, 32, 0, one>>>(a, b, c);
    CALL(cudaMemcpyAsync(host, c, 128, cudaMemcpyDeviceToHost, one));
    cudaGraph_t graph;
    CALL(cudaStreamEndCapture(one, &graph));
    std::size_t nodes;
    CALL(cudaGraphGetNodes(graph, nullptr, &nodes));
    EXPECT(nodes == 7);
    cudaGraphExec_t ready;
    CALL(cudaGraphInstantiate(&ready, graph, 0));
    CALL(cudaGraphDestroy(graph));
    for (int k = 0; k < 10; ++k) CALL(cudaGraphLaunch(ready, one));
    CALL(cudaStreamSynchronize(one));
    for (int t = 0; t < 32; ++t) EXPECT(host[t] == 10 * (11 * 1000 + 7));
    CALL(cudaGraphExecDestroy(ready));
    std::puts("ok");
}
