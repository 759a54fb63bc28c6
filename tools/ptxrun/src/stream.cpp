// Streams and events. Work is done at once, or with PTXRUN_LAZY when something waits for it, and
// then no earlier.
#include <chrono>
#include <cstdio>
#include <mutex>

#include "runtime.hpp"

namespace ptxrun {
namespace {

std::recursive_mutex lock;
std::vector<Stream*> streams;  // those made by the program
std::vector<WorkPtr> pending;
unsigned long long ids = 1;
constexpr std::size_t most_pending = 256;

Stream& default_stream() {
    static Stream* const s = new Stream;
    return *s;
}
Stream& thread_stream() {
    static Stream* const s = new Stream;
    return *s;
}
double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

WorkPtr add(Stream& s, std::function<void()> run, const std::vector<WorkPtr>& more = {}) {
    auto work = std::make_shared<Work>();
    work->run = std::move(run);
    const auto wait = [&](const WorkPtr& w) {
        if (w && !w->done) work->after.push_back(w);
    };
    wait(s.last);
    for (const auto& w : more) wait(w);
    if (&s == &default_stream()) {
        for (Stream* o : streams)
            if (o->with_default) wait(o->last);
        wait(thread_stream().last);
    } else if (s.with_default) {
        wait(default_stream().last);
    }
    s.last = work;
    if (!settings().lazy) {
        finish(work);
    } else {
        pending.push_back(work);
        if (pending.size() > most_pending) finish_all();
    }
    return work;
}

}  // namespace

Stream& stream_of(cudaStream_t s) {
    if (s == nullptr || s == cudaStreamLegacy) return default_stream();
    if (s == cudaStreamPerThread) return thread_stream();
    return *reinterpret_cast<Stream*>(s);
}
bool capturing(cudaStream_t s) {
    return stream_of(s).capture != nullptr;
}

cudaError_t unsafe_in_capture(const char* call) {
    const std::lock_guard hold(lock);
    for (const Stream* s : streams)
        if (s->capture && s->capture->mode != cudaStreamCaptureModeRelaxed) {
            std::fprintf(stderr, "ptxrun: %s while a stream is captured\n", call);
            return keep(cudaErrorStreamCaptureUnsupported);
        }
    return cudaSuccess;
}

void finish(const WorkPtr& work) {
    const std::lock_guard hold(lock);
    if (!work || work->done) return;
    std::vector<WorkPtr> stack{work};
    while (!stack.empty()) {
        const WorkPtr top = stack.back();
        WorkPtr first;
        for (const auto& w : top->after)
            if (!w->done) first = w;
        if (first) {
            stack.push_back(first);
            continue;
        }
        stack.pop_back();
        if (top->done) continue;
        top->done = true;
        top->after.clear();
        if (fatal_error() == cudaSuccess)
            if (const cudaError_t e = guarded([&] {
                    top->run();
                    return cudaSuccess;
                });
                e != cudaSuccess)
                keep_fatal(e);
        top->run = nullptr;
    }
}
void finish_all() {
    const std::lock_guard hold(lock);
    static Dice dice(settings().shuffle + 5);
    while (!pending.empty()) {
        // With a shuffle any work that nothing holds back may come next.
        const std::size_t k =
            settings().shuffle ? dice.roll(static_cast<std::uint32_t>(pending.size())) : 0;
        const WorkPtr w = pending[k];
        pending.erase(pending.begin() + static_cast<std::ptrdiff_t>(k));
        finish(w);
    }
}

cudaError_t enqueue(cudaStream_t handle, cudaGraphNodeType type, std::function<void()> run) {
    const std::lock_guard hold(lock);
    if (const auto e = fatal_error(); e != cudaSuccess) return keep(e);
    Stream& s = stream_of(handle);
    if (type == cudaGraphNodeTypeKernel && s.id != 0 && s.device != current_device()) {
        std::fprintf(stderr, "ptxrun: launch in a stream of device %d, but %d is current\n",
                     s.device, current_device());
        return keep(cudaErrorInvalidResourceHandle);
    }
    if (s.capture) {
        auto node = std::make_shared<Node>();
        node->type = type;
        node->run = std::move(run);
        node->after = s.captured;
        s.captured = {node.get()};
        s.capture->graph->nodes.push_back(std::move(node));
        return cudaSuccess;
    }
    if (&s == &default_stream())
        for (Stream* o : streams)
            if (o->capture && o->with_default && o->capture->mode != cudaStreamCaptureModeRelaxed) {
                std::fprintf(
                    stderr,
                    "ptxrun: work in the default stream while a blocking stream is captured\n");
                return keep(cudaErrorStreamCaptureImplicit);
            }
    add(s, std::move(run));
    return cudaSuccess;  // what went wrong in it is told at the next call
}

}  // namespace ptxrun

using namespace ptxrun;

namespace {
cudaError_t make_stream(cudaStream_t* out, unsigned flags, int priority) {
    const std::lock_guard hold(lock);
    auto* s = new Stream;
    s->with_default = !(flags & cudaStreamNonBlocking);
    s->priority = priority;
    s->device = current_device();
    s->id = ++ids;
    streams.push_back(s);
    *out = reinterpret_cast<cudaStream_t>(s);
    return cudaSuccess;
}
cudaError_t result() {
    return keep(fatal_error());
}
}  // namespace

extern "C" {

cudaError_t cudaStreamCreate(cudaStream_t* out) {
    return make_stream(out, 0, 0);
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* out, unsigned flags) {
    return make_stream(out, flags, 0);
}
cudaError_t cudaStreamCreateWithPriority(cudaStream_t* out, unsigned flags, int priority) {
    return make_stream(out, flags, priority);
}
cudaError_t cudaStreamDestroy(cudaStream_t handle) {
    const std::lock_guard hold(lock);
    Stream& s = stream_of(handle);
    finish(s.last);
    std::erase(streams, &s);
    delete &s;
    return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t handle) {
    const std::lock_guard hold(lock);
    Stream& s = stream_of(handle);
    if (s.capture) return keep(cudaErrorStreamCaptureUnsupported);
    if (&s == &default_stream())
        for (Stream* o : streams)
            if (o->with_default) finish(o->last);
    finish(s.last);
    std::erase_if(pending, [](const WorkPtr& w) { return w->done; });
    return result();
}
cudaError_t cudaDeviceSynchronize() {
    if (const auto e = unsafe_in_capture("cudaDeviceSynchronize"); e != cudaSuccess) return e;
    finish_all();
    return result();
}
cudaError_t cudaStreamQuery(cudaStream_t handle) {
    const std::lock_guard hold(lock);
    finish(stream_of(handle).last);
    return result();
}
cudaError_t cudaStreamWaitEvent(cudaStream_t handle, cudaEvent_t event, unsigned) {
    const std::lock_guard hold(lock);
    Stream& s = stream_of(handle);
    auto* e = reinterpret_cast<Event*>(event);
    if (e->capture) {
        if (!s.capture) s.captured.clear();
        s.capture = e->capture;
        s.captured.insert(s.captured.end(), e->captured.begin(), e->captured.end());
        return cudaSuccess;
    }
    if (s.capture) return keep(cudaErrorStreamCaptureIsolation);
    if (e->work && !e->work->done) add(s, [] {}, {e->work});
    return cudaSuccess;
}
cudaError_t cudaStreamGetFlags(cudaStream_t handle, unsigned* flags) {
    *flags = stream_of(handle).with_default ? cudaStreamDefault : cudaStreamNonBlocking;
    return cudaSuccess;
}
cudaError_t cudaStreamGetPriority(cudaStream_t handle, int* priority) {
    *priority = stream_of(handle).priority;
    return cudaSuccess;
}
cudaError_t cudaStreamGetId(cudaStream_t handle, unsigned long long* id) {
    *id = stream_of(handle).id;
    return cudaSuccess;
}
cudaError_t cudaStreamGetDevice(cudaStream_t handle, int* device) {
    const Stream& s = stream_of(handle);
    *device = s.id != 0 ? s.device : current_device();
    return cudaSuccess;
}
cudaError_t cudaLaunchHostFunc(cudaStream_t handle, cudaHostFn_t f, void* data) {
    return enqueue(handle, cudaGraphNodeTypeHost, [=] { f(data); });
}
cudaError_t cudaStreamAddCallback(cudaStream_t handle, cudaStreamCallback_t f, void* data,
                                  unsigned) {
    return enqueue(handle, cudaGraphNodeTypeHost, [=] { f(handle, cudaSuccess, data); });
}

cudaError_t cudaEventCreate(cudaEvent_t* out) {
    *out = reinterpret_cast<cudaEvent_t>(new Event);
    return cudaSuccess;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* out, unsigned) {
    return cudaEventCreate(out);
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
    auto* e = reinterpret_cast<Event*>(event);
    finish(e->work);
    delete e;
    return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t handle) {
    const std::lock_guard hold(lock);
    Stream& s = stream_of(handle);
    auto* e = reinterpret_cast<Event*>(event);
    e->capture = s.capture;
    e->captured = s.captured;
    if (s.capture) return cudaSuccess;
    e->work = add(s, [e] { e->seconds = now(); });
    return cudaSuccess;
}
cudaError_t cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t handle, unsigned) {
    return cudaEventRecord(event, handle);
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    finish(reinterpret_cast<Event*>(event)->work);
    return result();
}
cudaError_t cudaEventQuery(cudaEvent_t event) {
    return cudaEventSynchronize(event);
}
cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t from, cudaEvent_t to) {
    cudaEventSynchronize(from);
    cudaEventSynchronize(to);
    *ms = static_cast<float>(
        (reinterpret_cast<Event*>(to)->seconds - reinterpret_cast<Event*>(from)->seconds) * 1e3);
    return result();
}

}  // extern "C"
