// Graphs: captured from streams, or made node by node.
#include <algorithm>
#include <cstdio>
#include <cstring>

#include "runtime.hpp"

namespace ptxrun {

void run_nodes(const std::vector<std::shared_ptr<Node>>& nodes) {
    if (!settings().shuffle) {
        for (const auto& n : nodes)
            if (n->run) n->run();
        return;
    }
    static Dice dice(settings().shuffle + 9);
    std::vector<Node*> left, done;
    for (const auto& n : nodes) left.push_back(n.get());
    while (!left.empty()) {
        std::vector<std::size_t> ready;
        for (std::size_t k = 0; k < left.size() && ready.size() < 8; ++k)
            if (std::all_of(left[k]->after.begin(), left[k]->after.end(), [&](Node* a) {
                    return std::find(left.begin(), left.end(), a) == left.end();
                }))
                ready.push_back(k);
        const std::size_t k = ready.at(dice.roll(static_cast<std::uint32_t>(ready.size())));
        Node* n = left[k];
        left.erase(left.begin() + static_cast<std::ptrdiff_t>(k));
        if (n->run) n->run();
    }
}

namespace {
Graph* graph_of(cudaGraph_t g) {
    return reinterpret_cast<Graph*>(g);
}
Node* node_of(cudaGraphNode_t n) {
    return reinterpret_cast<Node*>(n);
}
cudaError_t add_node(cudaGraphNode_t* out, cudaGraph_t graph, const cudaGraphNode_t* after,
                     std::size_t count, cudaGraphNodeType type, std::function<void()> run) {
    auto n = std::make_shared<Node>();
    n->type = type;
    n->run = std::move(run);
    for (std::size_t k = 0; k < count; ++k) n->after.push_back(node_of(after[k]));
    *out = reinterpret_cast<cudaGraphNode_t>(n.get());
    graph_of(graph)->nodes.push_back(std::move(n));
    return cudaSuccess;
}
unsigned long long captures = 0;
}  // namespace

}  // namespace ptxrun

using namespace ptxrun;

extern "C" {

cudaError_t cudaStreamBeginCapture(cudaStream_t handle, cudaStreamCaptureMode mode) {
    if (handle == nullptr || handle == cudaStreamLegacy)
        return keep(cudaErrorStreamCaptureUnsupported);
    Stream& s = stream_of(handle);
    if (s.capture) return keep(cudaErrorIllegalState);
    s.capture = std::make_shared<Capture>();
    s.capture->graph = new Graph;
    s.capture->mode = mode;
    s.capture->id = ++captures;
    s.captured.clear();
    s.origin = true;
    return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t handle, cudaGraph_t* out) {
    Stream& s = stream_of(handle);
    if (!s.capture || !s.origin) return keep(cudaErrorIllegalState);
    *out = reinterpret_cast<cudaGraph_t>(s.capture->graph);
    s.capture.reset();
    s.captured.clear();
    s.origin = false;
    return cudaSuccess;
}
cudaError_t cudaStreamIsCapturing(cudaStream_t handle, cudaStreamCaptureStatus* status) {
    *status = capturing(handle) ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusNone;
    return cudaSuccess;
}
cudaError_t cudaStreamGetCaptureInfo(cudaStream_t handle, cudaStreamCaptureStatus* status,
                                     unsigned long long* id, cudaGraph_t* graph,
                                     const cudaGraphNode_t** dependencies,
                                     const cudaGraphEdgeData** edges, std::size_t* count) {
    Stream& s = stream_of(handle);
    *status = s.capture ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusNone;
    if (!s.capture) return cudaSuccess;
    if (id) *id = s.capture->id;
    if (graph) *graph = reinterpret_cast<cudaGraph_t>(s.capture->graph);
    if (dependencies) *dependencies = reinterpret_cast<const cudaGraphNode_t*>(s.captured.data());
    if (edges) *edges = nullptr;
    if (count) *count = s.captured.size();
    return cudaSuccess;
}
cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* mode) {
    static thread_local cudaStreamCaptureMode now = cudaStreamCaptureModeGlobal;
    std::swap(now, *mode);
    return cudaSuccess;
}

cudaError_t cudaGraphCreate(cudaGraph_t* out, unsigned) {
    *out = reinterpret_cast<cudaGraph_t>(new Graph);
    return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    delete graph_of(graph);
    return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* out, cudaGraph_t graph, unsigned long long) {
    *out = reinterpret_cast<cudaGraphExec_t>(new GraphRun{graph_of(graph)->nodes});
    return cudaSuccess;
}
cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t* out, cudaGraph_t graph,
                                          unsigned long long flags) {
    return cudaGraphInstantiate(out, graph, flags);
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t run) {
    finish_all();
    delete reinterpret_cast<GraphRun*>(run);
    return cudaSuccess;
}
cudaError_t cudaGraphUpload(cudaGraphExec_t, cudaStream_t) {
    return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t run, cudaStream_t stream) {
    const auto nodes = reinterpret_cast<GraphRun*>(run)->nodes;
    return enqueue(stream, cudaGraphNodeTypeGraph, [nodes] { run_nodes(nodes); });
}
cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* out, std::size_t* count) {
    const auto& nodes = graph_of(graph)->nodes;
    if (out)
        for (std::size_t k = 0; k < std::min(*count, nodes.size()); ++k)
            out[k] = reinterpret_cast<cudaGraphNode_t>(nodes[k].get());
    *count = out ? std::min(*count, nodes.size()) : nodes.size();
    return cudaSuccess;
}
cudaError_t cudaGraphNodeGetType(cudaGraphNode_t node, cudaGraphNodeType* type) {
    *type = node_of(node)->type;
    return cudaSuccess;
}
cudaError_t cudaGraphAddEmptyNode(cudaGraphNode_t* out, cudaGraph_t graph,
                                  const cudaGraphNode_t* after, std::size_t count) {
    return add_node(out, graph, after, count, cudaGraphNodeTypeEmpty, nullptr);
}
cudaError_t cudaGraphAddKernelNode(cudaGraphNode_t* out, cudaGraph_t graph,
                                   const cudaGraphNode_t* after, std::size_t count,
                                   const cudaKernelNodeParams* p) {
    Launch l;
    if (const auto e = make_launch(l, p->func, p->gridDim, p->blockDim, p->kernelParams,
                                   p->sharedMemBytes, false);
        e != cudaSuccess)
        return e;
    return add_node(out, graph, after, count, cudaGraphNodeTypeKernel, [l] { run_launch(l); });
}
cudaError_t cudaGraphAddMemcpyNode1D(cudaGraphNode_t* out, cudaGraph_t graph,
                                     const cudaGraphNode_t* after, std::size_t count, void* to,
                                     const void* from, std::size_t bytes, cudaMemcpyKind) {
    return add_node(out, graph, after, count, cudaGraphNodeTypeMemcpy, [=] {
        std::memmove(to, from, bytes);
        memory().copied(to, from, bytes);
    });
}
cudaError_t cudaGraphAddHostNode(cudaGraphNode_t* out, cudaGraph_t graph,
                                 const cudaGraphNode_t* after, std::size_t count,
                                 const cudaHostNodeParams* p) {
    const auto f = p->fn;
    void* const data = p->userData;
    return add_node(out, graph, after, count, cudaGraphNodeTypeHost, [=] { f(data); });
}
cudaError_t cudaGraphAddDependencies(cudaGraph_t graph, const cudaGraphNode_t* from,
                                     const cudaGraphNode_t* to, const cudaGraphEdgeData*,
                                     std::size_t count) {
    for (std::size_t k = 0; k < count; ++k) node_of(to[k])->after.push_back(node_of(from[k]));
    // Kept in an order that respects them.
    auto& nodes = graph_of(graph)->nodes;
    std::vector<std::shared_ptr<Node>> sorted;
    while (sorted.size() < nodes.size()) {
        const auto next = std::find_if(nodes.begin(), nodes.end(), [&](const auto& n) {
            const auto in = [&](const Node* a) {
                return std::any_of(sorted.begin(), sorted.end(),
                                   [&](const auto& s) { return s.get() == a; });
            };
            return !in(n.get()) && std::all_of(n->after.begin(), n->after.end(), in);
        });
        if (next == nodes.end()) return keep(cudaErrorInvalidValue);
        sorted.push_back(*next);
    }
    nodes = std::move(sorted);
    return cudaSuccess;
}

}  // extern "C"
