#include "src/report/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "src/report/report.hpp"

namespace snnsim {
namespace {

constexpr double seconds_between_lines = 10.0;

/// Of the terminal that stderr is on; what the environment says may only make it narrower.
std::size_t terminal_columns() {
    std::size_t columns = 0;
    winsize size{};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0) columns = size.ws_col;
    if (const char* text = std::getenv("COLUMNS")) {
        const std::string_view all(text);
        std::size_t said = 0;
        const auto [end, error] = std::from_chars(all.begin(), all.end(), said);
        if (error == std::errc{} && end == all.end() && said > 0)
            columns = columns > 0 ? std::min(columns, said) : said;
    }
    return columns > 0 ? columns : 80;
}

bool continues(char c) {  // a byte inside a character of UTF-8
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}
std::size_t characters(const std::string& text) {
    return text.size() -
           static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues));
}
std::string first_characters(const std::string& text, std::size_t most) {
    std::size_t end = 0;
    while (end < text.size() && (most > 0 || continues(text[end]))) {
        if (!continues(text[end])) --most;
        ++end;
    }
    return text.substr(0, end);
}

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/// A terminal that has gone, or a full disk behind a log, ends no run.
template <class... T>
void tell(fmt::format_string<T...> text, T&&... values) {
    std::fputs(fmt::format(text, std::forward<T>(values)...).c_str(), stderr);
}

/// "loss 0.1234  accuracy 97.50 %  validation 97.10 %"
std::string measures(const TrainingProgress& p) {
    std::string out = fmt::format("loss {:.4g}", p.loss);
    if (p.real_targets) {
        return p.validation_loss < 0.0
                   ? out
                   : out + fmt::format("  validation {:.4g}", p.validation_loss);
    }
    out = fmt::format("loss {}  accuracy {:.2f} %", loss_text(p.loss), 100.0 * p.accuracy);
    return p.validation_accuracy < 0.0
               ? out
               : out + fmt::format("  validation {:.2f} %", 100.0 * p.validation_accuracy);
}

}  // namespace

ProgressDisplay::ProgressDisplay(ProgressStyle style, RunWatcher* watcher)
    : style_(style), watcher_(watcher), last_line_(now()) {
    if (style == ProgressStyle::automatic)
        style_ = isatty(2) ? ProgressStyle::bar : ProgressStyle::plain;
}

ProgressDisplay::~ProgressDisplay() {
    end_bar();
}

void ProgressDisplay::say(const std::string& text) {
    if (watcher_) return watcher_->say(text);
    end_bar();
    if (style_ != ProgressStyle::none) tell("{}", text);
}

void ProgressDisplay::result(const std::string& text) {
    if (watcher_) return watcher_->result(text);
    end_bar();
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

void ProgressDisplay::show_line(const std::string& before, double share, const std::string& after) {
    tell("\r\033[K{}", bar_line(before, share, after, terminal_columns()));
    std::fflush(stderr);
    bar_open_ = true;
}

void ProgressDisplay::end_bar() {
    if (bar_open_) tell("\n");
    bar_open_ = false;
}

void ProgressDisplay::show(const TrainingProgress& p) {
    if (watcher_) {
        const double epoch =
            static_cast<double>(p.samples) / static_cast<double>(p.samples_in_epoch);
        watcher_->progress(
            {(static_cast<double>(p.epoch - 1) + epoch) / static_cast<double>(p.epochs),
             fmt::format("epoch {}/{}  {}", p.epoch, p.epochs, measures(p))});
        return;
    }
    if (style_ == ProgressStyle::none) return;
    const double rate = static_cast<double>(p.samples) / std::max(p.seconds, 1e-9);
    const auto ahead =
        static_cast<double>(p.samples_in_epoch * (p.epochs - p.epoch + 1) - p.samples);
    if (style_ == ProgressStyle::bar) {
        show_line(
            fmt::format("epoch {}/{}", p.epoch, p.epochs),
            static_cast<double>(p.samples) / static_cast<double>(p.samples_in_epoch),
            fmt::format(
                "{} samples/s  {}  {}", grouped(static_cast<std::int64_t>(rate)), measures(p),
                p.epoch_ended ? duration_text(p.seconds) : "ETA " + duration_text(ahead / rate)));
        if (p.epoch_ended) end_bar();
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
    if (watcher_) return watcher_->progress({share, what});
    if (style_ == ProgressStyle::none) return;
    const double left = seconds * (1.0 - share) / std::max(share, 1e-9);
    const bool ended = share >= 1.0;
    if (style_ == ProgressStyle::bar) {
        show_line("", share, fmt::format("{}  ETA {}", what, duration_text(left)));
        if (ended) end_bar();
    } else if (ended || now() - last_line_ >= seconds_between_lines) {
        last_line_ = now();
        tell("{}  ETA {}\n", what, duration_text(left));
    }
}

void ProgressDisplay::show_plain(const TrainingProgress& p, double rate, double left) {
    if (!p.epoch_ended && now() - last_line_ < seconds_between_lines) return;
    last_line_ = now();
    tell("epoch {}/{}  {:3.0f} %  {} samples/s  {}  ETA {}\n", p.epoch, p.epochs,
         100.0 * static_cast<double>(p.samples) / static_cast<double>(p.samples_in_epoch),
         grouped(static_cast<std::int64_t>(rate)), measures(p), duration_text(left));
}

std::string bar_line(const std::string& before, double share, const std::string& after,
                     std::size_t columns) {
    constexpr std::size_t widest = 20, narrowest = 4;
    const std::size_t room = columns > 1 ? columns - 1 : 1;
    const std::string head = before.empty() ? "" : before + " ";
    const std::size_t text = characters(head) + characters(after) + 3;  // "[] "
    std::string bar;
    if (room >= text + narrowest) {
        const std::size_t width = std::min(widest, room - text);
        const auto filled =
            static_cast<std::size_t>(static_cast<double>(width) * std::clamp(share, 0.0, 1.0));
        bar = fmt::format("[{}{}] ", std::string(filled, '#'), std::string(width - filled, '.'));
    }
    return first_characters(head + bar + after, room);
}

std::string duration_text(double seconds) {
    const auto whole = static_cast<std::int64_t>(seconds + 0.5);
    if (whole >= 3600)
        return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
    return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace snnsim
