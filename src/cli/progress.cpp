#include "src/cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace snnsim {
namespace {

constexpr double seconds_between_lines = 10.0;

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/// "loss 0.1234  accuracy 97.50 %  validation 97.10 %"
std::string measures(const TrainingProgress& p) {
    std::string out = fmt::format("loss {:.4g}", p.loss);
    if (p.real_targets) {
        return p.validation_loss < 0.0
                   ? out
                   : out + fmt::format("  validation {:.4g}", p.validation_loss);
    }
    out = fmt::format("loss {:.4f}  accuracy {:.2f} %", p.loss, 100.0 * p.accuracy);
    return p.validation_accuracy < 0.0
               ? out
               : out + fmt::format("  validation {:.2f} %", 100.0 * p.validation_accuracy);
}

}  // namespace

ProgressDisplay::ProgressDisplay(ProgressStyle style) : style_(style), last_line_(now()) {
    if (style == ProgressStyle::automatic)
        style_ = isatty(2) ? ProgressStyle::bar : ProgressStyle::plain;
}

ProgressDisplay::~ProgressDisplay() {
    end_bar();
}

void ProgressDisplay::say(const std::string& text) {
    end_bar();
    if (style_ != ProgressStyle::none) fmt::print(stderr, "{}", text);
}

void ProgressDisplay::end_bar() {
    if (bar_open_) fmt::print(stderr, "\n");
    bar_open_ = false;
}

void ProgressDisplay::show(const TrainingProgress& p) {
    if (style_ == ProgressStyle::none) return;
    const double rate = static_cast<double>(p.samples) / std::max(p.seconds, 1e-9);
    const auto ahead =
        static_cast<double>(p.samples_in_epoch * (p.epochs - p.epoch + 1) - p.samples);
    if (style_ == ProgressStyle::bar) {
        show_bar(p, rate, ahead / rate);
    } else {
        show_plain(p, rate, ahead / rate);
    }
}

void ProgressDisplay::show_time(double time, double duration, double seconds) {
    show_share(
        fmt::format("{:g} of {:g} ms  {:.3g} s per s", time, duration, seconds / (time * 1e-3)),
        time / duration, seconds);
}

void ProgressDisplay::show_share(const std::string& what, double share, double seconds) {
    if (style_ == ProgressStyle::none) return;
    const double left = seconds * (1.0 - share) / std::max(share, 1e-9);
    const bool ended = share >= 1.0;
    if (style_ == ProgressStyle::bar) {
        constexpr int width = 20;
        const auto filled = static_cast<std::size_t>(width * std::min(1.0, share));
        fmt::print(stderr, "\r\033[K[{}{}] {}  ETA {}", std::string(filled, '#'),
                   std::string(width - filled, '.'), what, duration_text(left));
        std::fflush(stderr);
        bar_open_ = true;
        if (ended) end_bar();
    } else if (ended || now() - last_line_ >= seconds_between_lines) {
        last_line_ = now();
        fmt::print(stderr, "{}  ETA {}\n", what, duration_text(left));
    }
}

void ProgressDisplay::show_bar(const TrainingProgress& p, double rate, double left) {
    constexpr int width = 20;
    const auto filled =
        static_cast<std::size_t>(width * p.samples / std::max<std::int64_t>(p.samples_in_epoch, 1));
    fmt::print(
        stderr, "\r\033[Kepoch {}/{} [{}{}] {} samples/s  {}{}", p.epoch, p.epochs,
        std::string(filled, '#'), std::string(width - filled, '.'),
        grouped(static_cast<std::int64_t>(rate)), measures(p),
        p.epoch_ended ? "  " + duration_text(p.seconds) + "\n" : "  ETA " + duration_text(left));
    std::fflush(stderr);
    bar_open_ = !p.epoch_ended;
}

void ProgressDisplay::show_plain(const TrainingProgress& p, double rate, double left) {
    if (!p.epoch_ended && now() - last_line_ < seconds_between_lines) return;
    last_line_ = now();
    fmt::print(stderr, "epoch {}/{}  {:3.0f} %  {} samples/s  {}  ETA {}\n", p.epoch, p.epochs,
               100.0 * static_cast<double>(p.samples) / static_cast<double>(p.samples_in_epoch),
               grouped(static_cast<std::int64_t>(rate)), measures(p), duration_text(left));
}

std::string duration_text(double seconds) {
    const auto whole = static_cast<std::int64_t>(seconds + 0.5);
    if (whole >= 3600)
        return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
    return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string grouped(std::int64_t number) {
    std::string text = std::to_string(number);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > (number < 0 ? 1 : 0);
         at -= 3) {
        text.insert(static_cast<std::size_t>(at), ",");
    }
    return text;
}

std::string bytes_text(std::size_t bytes) {
    const auto value = static_cast<double>(bytes);
    if (value >= 1e9) return fmt::format("{:.1f} GB", value * 1e-9);
    if (value >= 1e6) return fmt::format("{:.0f} MB", value * 1e-6);
    return fmt::format("{:.0f} kB", value * 1e-3);
}

}  // namespace snnsim
