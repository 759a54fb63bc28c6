#include "machine_calls.hpp"

#include <cstdio>
#include <cstring>

#include "lanes.hpp"

namespace ptxrun {
namespace {

/// vprintf(format, arguments): each argument lies at its own alignment, of 4 or 8 bytes.
void print(const char* format, const char* args) {
    std::string out;
    std::size_t at = 0;
    const auto next = [&](std::size_t bytes) {
        at = (at + bytes - 1) / bytes * bytes;
        const char* p = args + at;
        at += bytes;
        return p;
    };
    for (const char* p = format; *p; ++p) {
        if (*p != '%') {
            out += *p;
            continue;
        }
        std::string spec = "%";
        ++p;
        while (*p && std::strchr("-+ #0123456789.*", *p)) spec += *p++;
        int longs = 0;
        while (*p && std::strchr("hlLqjzt", *p)) {
            if (*p == 'l') ++longs;
            if (*p == 'z' || *p == 'j' || *p == 't' || *p == 'q') longs = 2;
            ++p;
        }
        char text[512];
        if (*p == '%') {
            out += '%';
            continue;
        }
        if (std::strchr("diouxXc", *p)) {
            if (longs && *p != 'c') {
                long long v;
                std::memcpy(&v, next(8), 8);
                std::snprintf(text, sizeof text, (spec + "ll" + *p).c_str(), v);
            } else {
                int v;
                std::memcpy(&v, next(4), 4);
                std::snprintf(text, sizeof text, (spec + *p).c_str(), v);
            }
        } else if (std::strchr("eEfFgGaA", *p)) {
            double v;
            std::memcpy(&v, next(8), 8);
            std::snprintf(text, sizeof text, (spec + *p).c_str(), v);
        } else {
            const char* v;
            std::memcpy(&v, next(8), 8);
            std::snprintf(text, sizeof text, (spec + *p).c_str(), v);
        }
        out += text;
    }
    std::fwrite(out.data(), 1, out.size(), stdout);
}

}  // namespace

void machine_call(Warp& w, const Insn& i, const CallSite& site, std::uint32_t m) {
    const Frame& f = *w.frame;
    const auto arg = [&](int lane, std::size_t k) {
        std::uint64_t v = 0;
        std::memcpy(
            &v, f.lane_memory + static_cast<std::size_t>(lane) * f.code->lane_bytes + site.args[k],
            8);
        return v;
    };
    if (site.name == "vprintf") {
        one_by_one(m, [&](int l) {
            print(reinterpret_cast<const char*>(arg(l, 0)),
                  reinterpret_cast<const char*>(arg(l, 1)));
            const std::uint32_t ok = 1;
            if (!site.results.empty())
                std::memcpy(f.lane_memory + static_cast<std::size_t>(l) * f.code->lane_bytes +
                                site.results[0],
                            &ok, 4);
        });
        std::fflush(stdout);
        return;
    }
    const int l = std::countr_zero(m);
    std::uint32_t line = static_cast<std::uint32_t>(arg(l, 2));
    fault(w, i, l, 710,
          "assertion failed: " + std::string(reinterpret_cast<const char*>(arg(l, 0))) + ", " +
              reinterpret_cast<const char*>(arg(l, 1)) + ":" + std::to_string(line));
}

}  // namespace ptxrun
