// Measures what ranks take and wait for: the clock of tools/bench/exchange.py.
//   exchange gather             the exchange alone, by the size of messages; under mpirun
//   exchange steps [options]    windows of a network, on the ranks of mpirun
//   exchange steps --pretend N  those of one rank of N; what the others would say is made up before
// One line of JSON on rank 0.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>
#include <numeric>
#include <random>

#include "snnsim/read_model.hpp"
#include "src/engine/make_engine_on.hpp"
#include "src/engine/ranks/process_ranks.hpp"

namespace snnsim {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Of all threads: what others on the machine take does not count.
double cpu_seconds() {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

double middle(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

double peak_bytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

/// Two populations that fire at about 4 Hz whatever arrives, so that all sizes have the same load.
struct NetworkSize {
    double cells = 2e4;  // of a rank
    int in_degree = 1000;
    double delay = 1.5;  // ms
    int delays = 1;      // so many of them, from `delay` on
};
constexpr double share_of_excitatory = 0.8;
constexpr double rate = 4.0;  // Hz

SimulationSpec network(const NetworkSize& size, int ranks) {
    const auto cells = static_cast<std::int64_t>(size.cells) * ranks;
    const auto excitatory =
        static_cast<std::int64_t>(share_of_excitatory * static_cast<double>(cells));
    const int from_excitatory = static_cast<int>(share_of_excitatory * size.in_degree);
    // From reset to threshold in 250 ms less t_ref, nearly straight up: all phases are there alike.
    const std::string cell =
        "model: iaf_psc_exp, tau_m: 1000 ms, c_m: 1000 pF, e_l: 0 mV, v_reset: 0 mV, v_th: 10 mV, "
        "t_ref: 2 ms, i_e: 45.53 pA, initial: {v: {distribution: uniform, low: 0 mV, high: 10 mV}}";
    const std::string delay =
        size.delays == 1 ? fmt::format("{} ms", size.delay)
                         : fmt::format("{{distribution: uniform, low: {} ms, high: {} ms}}",
                                       size.delay, size.delay + 0.1 * (size.delays - 1));
    std::string text = fmt::format(
        "name: scale\nseed: 1\ndt: 0.1 ms\nsimulate: {{duration: 100 s}}\npopulations:\n"
        "  E: {{size: {}, {}}}\n  I: {{size: {}, {}}}\nprojections:\n",
        excitatory, cell, cells - excitatory, cell);
    for (const char* to : {"E", "I"}) {
        for (const auto& [from, n, weight] : {std::tuple{"E", from_excitatory, 1e-4},
                                              {"I", size.in_degree - from_excitatory, -4e-4}})
            text += fmt::format(
                "  - {{from: {}, to: {}, connect: {{rule: fixed_in_degree, n: {}}}, weight: {} pA, "
                "delay: {}}}\n",
                from, to, n, weight, delay);
    }
    return parse_simulation(text, "scale.yaml");
}

/// One rank of many, the others of which say at each exchange what was drawn for them. While a
/// network is built they say what this one says.
class PretendedRanks final : public Exchange {
  public:
    PretendedRanks(int ranks) : ranks_(ranks) {}
    int rank() const override { return ranks_ / 2; }
    int ranks() const override { return ranks_; }

    /// From now on what goes round are the spikes of windows of so many steps.
    void draw_windows(const SimulationSpec& spec, std::uint32_t steps) {
        // Enough of them that rows do not stay in the caches from one time to the next.
        windows_.resize(std::max<std::size_t>(16, static_cast<std::size_t>(4096 / ranks_)));
        std::mt19937_64 random(7);
        for (Gathered& window : windows_) {
            window.start = {0};
            for (int r = 0; r < ranks_; ++r) {
                if (r != rank()) draw_message(spec, steps, r, random, window.words);
                window.start.push_back(window.words.size());
            }
        }
    }
    /// Of each window: CPU time between two exchanges, and bytes that the others said.
    const std::vector<double>& windows() const { return seconds_; }
    double bytes() const { return bytes_; }

  protected:
    void start_words(std::span<const std::uint32_t> mine) override {
        mine_ = mine;
        if (!windows_.empty()) seconds_.push_back(cpu_seconds() - last_ - away_);
        last_ = cpu_seconds();
        away_ = 0.0;
    }
    void finish_words(Gathered& all) override { gather_words(mine_, all); }
    void gather_words(std::span<const std::uint32_t> mine, Gathered& all) override {
        const double start = cpu_seconds();
        if (windows_.empty()) {
            all.words.clear();
            all.start = {0};
            for (int r = 0; r < ranks_; ++r) {
                all.words.insert(all.words.end(), mine.begin(), mine.end());
                all.start.push_back(all.words.size());
            }
        } else {
            const Gathered& window = windows_[next_++ % windows_.size()];
            const auto here =
                static_cast<std::ptrdiff_t>(window.start[static_cast<std::size_t>(rank())]);
            all.words.assign(window.words.begin(), window.words.begin() + here);
            all.words.insert(all.words.end(), mine.begin(), mine.end());
            all.words.insert(all.words.end(), window.words.begin() + here, window.words.end());
            all.start = window.start;
            for (auto r = static_cast<std::size_t>(rank()) + 1; r < all.start.size(); ++r)
                all.start[r] += mine.size();
            bytes_ += 4.0 * static_cast<double>(window.words.size());
        }
        away_ += cpu_seconds() - start;
    }
    void broadcast_words(Words&) override {}
    void sum_numbers(std::span<std::uint64_t> numbers) override {
        for (std::uint64_t& n : numbers) n *= static_cast<std::uint64_t>(ranks_);
    }
    void sum_numbers_before(std::span<std::uint64_t> numbers) override {
        for (std::uint64_t& n : numbers) n *= static_cast<std::uint64_t>(rank());
    }
    // Of trainings alone.
    bool give_bytes(std::span<const std::byte>) override { return true; }
    bool take_bytes(std::span<std::byte>) override { return true; }
    void settle_bytes(std::span<std::byte>) override {}
    void warn() override {}
    bool warned() override { return false; }

  private:
    /// As SpikeExchange packs them, behind the word that says that the rank goes on.
    void draw_message(const SimulationSpec& spec, std::uint32_t steps, int r,
                      std::mt19937_64& random, Words& words) const {
        const std::int64_t no_trouble = std::numeric_limits<std::int64_t>::max();
        const std::size_t at = words.size();
        words.resize(at + 3, 0);
        std::memcpy(words.data() + at + 1, &no_trouble, sizeof(no_trouble));
        for (std::uint32_t step = 0; step < steps; ++step) {
            for (std::uint32_t p = 0; p < spec.populations.size(); ++p) {
                const double cells = static_cast<double>(spec.populations[p].size) / ranks_;
                std::poisson_distribution<std::uint32_t> count(rate * spec.dt * 1e-3 * cells);
                const std::uint32_t n = count(random);
                if (n == 0) continue;
                words.insert(words.end(), {step, p, n});
                const auto first = static_cast<std::uint32_t>(cells * r),
                           last = static_cast<std::uint32_t>(cells * (r + 1)) - 1;
                std::uniform_int_distribution<std::uint32_t> cell(first, last);
                const std::size_t begin = words.size();
                for (std::uint32_t k = 0; k < n; ++k) words.push_back(cell(random));
                std::sort(words.begin() + static_cast<std::ptrdiff_t>(begin), words.end());
            }
        }
    }

    const int ranks_;
    std::vector<Gathered> windows_;
    std::size_t next_ = 0;
    std::span<const std::uint32_t> mine_;
    std::vector<double> seconds_;
    double last_ = 0.0, away_ = 0.0, bytes_ = 0.0;
};

/// Rank 0 prints.
void measure_gather(Exchange& exchange) {
    std::string out;
    for (const std::size_t words : {4u, 16u, 64u, 256u, 1024u, 4096u, 16000u}) {
        const Words mine(words, 1u);
        Gathered all;
        std::vector<double> each;
        constexpr int rounds = 9;
        const int repeats = words > 1000 ? 100 : 400;
        for (int round = 0; round < rounds; ++round) {
            exchange.sum(1);  // together
            const auto start = Clock::now();
            for (int k = 0; k < repeats; ++k) exchange.all_gather(mine, all);
            each.push_back(since(start) / repeats);
        }
        each.erase(each.begin());
        std::sort(each.begin(), each.end());
        out += fmt::format("{}{{\"bytes\": {}, \"seconds\": {:.4g}, \"least\": {:.4g}}}",
                           out.empty() ? "" : ", ", 4 * words, each[each.size() / 2], each.front());
    }
    if (exchange.leads())
        fmt::print("{{\"ranks\": {}, \"gather\": [{}]}}\n", exchange.ranks(), out);
}

struct Steps {
    NetworkSize size;
    int pretend = 0, threads = 1, windows = 400;
};

void measure_steps(const Steps& given, Exchange& exchange, PretendedRanks* pretended) {
    const SimulationSpec spec = network(given.size, exchange.ranks());
    const auto building = Clock::now();
    const auto engine =
        make_cpu_engine(spec, {.threads = given.threads, .spikes = false}, exchange);
    const double build = since(building);
    // As the engine has them: half the delay where windows are on their way meanwhile.
    const auto delay = static_cast<std::int64_t>(std::llround(given.size.delay / spec.dt));
    const std::int64_t window = delay > 1 && !exchange.alone() ? delay / 2 : delay;
    if (pretended) pretended->draw_windows(spec, static_cast<std::uint32_t>(window));
    const auto counted = [&] {
        const std::vector<std::uint64_t> counts = engine->spike_counts();
        return static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
    };
    constexpr int parts = 10;
    const std::int64_t steps = window * std::max(1, given.windows / parts);
    engine->advance(steps);  // until all is where it will be
    const std::size_t settled = pretended ? pretended->windows().size() : 0;
    const double before = counted(), bytes = pretended ? pretended->bytes() : 0.0;
    std::vector<double> wall, cpu;
    for (int k = 0; k < parts; ++k) {
        const auto start = Clock::now();
        const double cpu_start = cpu_seconds();
        engine->advance(steps);
        const double windows = static_cast<double>(steps / window);
        wall.push_back(since(start) / windows);
        cpu.push_back((cpu_seconds() - cpu_start) / windows);
    }
    if (pretended)
        cpu.assign(pretended->windows().begin() + static_cast<std::ptrdiff_t>(settled),
                   pretended->windows().end());
    if (!exchange.leads() && !pretended) return;
    const auto count = static_cast<double>(cpu.size());
    const double mean = std::accumulate(cpu.begin(), cpu.end(), 0.0) / count;
    // Without the slowest in a hundred, in which others had the core or its caches.
    std::vector<double> usual = cpu;
    std::sort(usual.begin(), usual.end());
    usual.resize(usual.size() - usual.size() / 100);
    const double median = middle(cpu);
    double square = 0.0;
    for (const double s : usual) square += (s - median) * (s - median);
    const double simulated = static_cast<double>(steps) * parts * spec.dt * 1e-3;
    fmt::print(
        "{{\"ranks\": {}, \"threads\": {}, \"cells\": {}, \"in_degree\": {}, \"delay_ms\": {}, "
        "\"delays\": {}, \"window_steps\": {}, \"cpu_s\": {:.5g}, \"cpu_median_s\": {:.5g}, "
        "\"cpu_sd_s\": {:.4g}, \"wall_median_s\": {:.5g}, \"wall_least_s\": {:.5g}, "
        "\"received_bytes\": {:.5g}, \"rate_hz\": {:.4g}, \"build_s\": {:.4g}, "
        "\"peak_bytes\": {:.5g}}}\n",
        exchange.ranks(), given.threads, given.size.cells, given.size.in_degree, given.size.delay,
        given.size.delays, window, mean, median,
        std::sqrt(square / static_cast<double>(usual.size())), middle(wall),
        *std::min_element(wall.begin(), wall.end()),
        pretended ? (pretended->bytes() - bytes) / count : 0.0,
        (counted() - before) / (given.size.cells * exchange.ranks() * simulated), build,
        peak_bytes());
}

int run(int count, char** words) {
    CLI::App app{"what ranks take and wait for", "exchange"};
    app.require_subcommand(1);
    Steps steps;
    app.add_subcommand("gather", "the exchange alone");
    CLI::App& network = *app.add_subcommand("steps", "windows of a network");
    network.add_option("--pretend", steps.pretend);
    network.add_option("--cells", steps.size.cells, "of a rank");
    network.add_option("--in-degree", steps.size.in_degree);
    network.add_option("--delay", steps.size.delay, "ms");
    network.add_option("--delays", steps.size.delays);
    network.add_option("--threads", steps.threads);
    network.add_option("--windows", steps.windows);
    CLI11_PARSE(app, count, words);
    if (steps.pretend > 1) {
        PretendedRanks ranks(steps.pretend);
        measure_steps(steps, ranks, &ranks);
    } else if (app.got_subcommand("gather")) {
        measure_gather(process_ranks());
    } else {
        measure_steps(steps, process_ranks(), nullptr);
    }
    leave_ranks();
    return 0;
}

}  // namespace
}  // namespace snnsim

int main(int argc, char** argv) {
    try {
        return snnsim::run(argc, argv);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "exchange: error: %s\n", e.what());
        return 1;
    }
}
