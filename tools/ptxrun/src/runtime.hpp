// What the entry points of the runtime share.
#pragma once

#include <cuda_runtime_api.h>

#include <functional>
#include <memory>
#include <vector>

#include "machine.hpp"

namespace ptxrun {

/// Of the calling thread.
int current_device();
Kernel* kernel_of(const void* function);
void* host_variable(const void* symbol, std::size_t* size);

/// Remembers an error; returns it.
cudaError_t keep(cudaError_t e);
/// Remembers an error that stays: nothing works after it.
void keep_fatal(cudaError_t e);
cudaError_t fatal_error();
/// Runs f; exceptions become errors, with a message.
cudaError_t guarded(const std::function<cudaError_t()>& f);

// --- work in streams ---

struct Work {
    std::function<void()> run;
    std::vector<std::shared_ptr<Work>> after;
    bool done = false;
};
using WorkPtr = std::shared_ptr<Work>;

struct Node {
    cudaGraphNodeType type = cudaGraphNodeTypeEmpty;
    std::function<void()> run;
    std::vector<Node*> after;
};
struct Graph {
    std::vector<std::shared_ptr<Node>> nodes;  // in an order that keeps `after`
};
struct GraphRun {
    std::vector<std::shared_ptr<Node>> nodes;
};
struct Capture {
    Graph* graph = nullptr;
    cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal;
    unsigned long long id = 0;
};
struct Stream {
    bool with_default = true;  // waits for the default stream and is waited for by it
    int priority = 0;
    int device = 0;
    unsigned long long id = 0;
    WorkPtr last;
    std::shared_ptr<Capture> capture;
    bool origin = false;          // of the capture
    std::vector<Node*> captured;  // what the next node comes after
};
struct Event {
    WorkPtr work;
    std::shared_ptr<Capture> capture;
    std::vector<Node*> captured;
    double seconds = 0;
};

Stream& stream_of(cudaStream_t s);
/// Adds work to a stream, or a node to the graph that the stream is captured in.
cudaError_t enqueue(cudaStream_t s, cudaGraphNodeType type, std::function<void()> run);
void finish(const WorkPtr& work);
void finish_all();
bool capturing(cudaStream_t s);
/// An error when a stream is being captured, and so calls that might wait are forbidden.
cudaError_t unsafe_in_capture(const char* call);
/// Runs a graph's nodes in an order that keeps their dependencies.
void run_nodes(const std::vector<std::shared_ptr<Node>>& nodes);

// --- launches ---

struct Launch {
    Kernel* kernel = nullptr;
    Dim grid, block;
    std::size_t shared = 0;
    bool cooperative = false;
    std::vector<std::uint64_t> params;
};
/// Fills and checks a launch.
cudaError_t make_launch(Launch& l, const void* function, dim3 grid, dim3 block, void** args,
                        std::size_t shared, bool cooperative);
void run_launch(const Launch& l);

}  // namespace ptxrun
