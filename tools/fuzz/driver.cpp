// Feeds a target with mutated inputs, for compilers that have no libFuzzer. Takes its options:
// -runs=N, -max_total_time=SECONDS, -seed=N, -max_len=BYTES, -timeout=SECONDS, -dict=FILE,
// -artifact_prefix=PATH; anything else is an input, or a folder of inputs, to start from. Inputs
// that fail are written to the artifact prefix; given again as the only input with -runs=0 they are
// run as they are.
#include <sanitizer/common_interface_defs.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tools/fuzz/fuzz.hpp"

namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

Bytes current;
std::string artifact = "finding-";

void keep_current() {
    std::FILE* file = std::fopen((artifact + "input").c_str(), "wb");
    if (!file) return;
    std::fwrite(current.data(), 1, current.size(), file);
    std::fclose(file);
    std::fprintf(stderr, "the input is in %sinput\n", artifact.c_str());
}

void too_long(int) {
    std::fprintf(stderr, "FINDING: this input takes too long\n");
    keep_current();
    std::_Exit(70);
}

Bytes bytes_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The words of a dictionary of libFuzzer: "word" or name="word" in each line.
std::vector<Bytes> words_of(const fs::path& path) {
    std::vector<Bytes> words;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        const std::size_t first = line.find('"'), last = line.rfind('"');
        if (line.empty() || line[0] == '#' || first == last) continue;
        Bytes word;
        for (std::size_t k = first + 1; k < last; ++k) {
            if (line[k] == '\\' && line[k + 1] == 'x') {
                word.push_back(
                    static_cast<std::uint8_t>(std::stoi(line.substr(k + 2, 2), nullptr, 16)));
                k += 3;
            } else {
                if (line[k] == '\\') ++k;
                word.push_back(static_cast<std::uint8_t>(line[k]));
            }
        }
        words.push_back(word);
    }
    return words;
}

class Mutator {
  public:
    Mutator(std::uint64_t seed, std::vector<Bytes> seeds, std::vector<Bytes> words,
            std::size_t longest)
        : random_(seed), seeds_(std::move(seeds)), words_(std::move(words)), longest_(longest) {
        if (seeds_.empty()) seeds_.push_back({});
    }

    Bytes next() {
        Bytes out = seeds_[below(seeds_.size())];
        for (std::size_t n = 1 + below(1 + below(8)); n > 0; --n) change(out);
        if (out.size() > longest_) out.resize(longest_);
        return out;
    }

  private:
    std::size_t below(std::size_t end) {
        return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
    }
    static void insert(Bytes& out, std::size_t at, const Bytes& part) {
        out.insert(out.begin() + static_cast<std::ptrdiff_t>(at), part.begin(), part.end());
    }
    /// A part of `from`, of any length but mostly short.
    Bytes part_of(const Bytes& from) {
        if (from.empty()) return {};
        const std::size_t first = below(from.size());
        const std::size_t most = from.size() - first;
        const std::size_t count = 1 + below(std::min<std::size_t>(most, below(4) ? 32 : most));
        return {from.begin() + static_cast<std::ptrdiff_t>(first),
                from.begin() + static_cast<std::ptrdiff_t>(first + count)};
    }
    void change(Bytes& out) {
        const std::size_t at = below(out.size() + 1);
        switch (below(8)) {
            case 0:  // a bit
                if (at < out.size()) out[at] ^= static_cast<std::uint8_t>(1u << below(8));
                return;
            case 1:  // a byte
                if (at < out.size()) out[at] = static_cast<std::uint8_t>(below(256));
                return;
            case 2:
                insert(out, at, Bytes(1 + below(4), static_cast<std::uint8_t>(below(256))));
                return;
            case 3: {  // some bytes fewer
                const std::size_t count = std::min(out.size() - at, 1 + below(16));
                out.erase(out.begin() + static_cast<std::ptrdiff_t>(at),
                          out.begin() + static_cast<std::ptrdiff_t>(at + count));
                return;
            }
            case 4:
                insert(out, at, part_of(out));
                return;
            case 5:
                insert(out, at, part_of(seeds_[below(seeds_.size())]));
                return;
            case 6:  // a word, put in or written over
                if (words_.empty()) return;
                if (below(2)) {
                    insert(out, at, words_[below(words_.size())]);
                } else {
                    const Bytes& word = words_[below(words_.size())];
                    for (std::size_t k = 0; k < word.size() && at + k < out.size(); ++k)
                        out[at + k] = word[k];
                }
                return;
            default: {  // another number where there is one
                std::size_t first = at;
                while (first < out.size() && (out[first] < '0' || out[first] > '9')) ++first;
                std::size_t last = first;
                while (last < out.size() && out[last] >= '0' && out[last] <= '9') ++last;
                if (first == last) return;
                out.erase(out.begin() + static_cast<std::ptrdiff_t>(first),
                          out.begin() + static_cast<std::ptrdiff_t>(last));
                constexpr const char* numbers[] = {"0",   "-1",         "1e308", "1e-320",
                                                   "nan", "3",          "-0",    "1e19",
                                                   ".5",  "4294967296", "17",    "1e6"};
                const std::string number = numbers[below(std::size(numbers))];
                insert(out, first, Bytes(number.begin(), number.end()));
            }
        }
    }

    std::mt19937_64 random_;
    std::vector<Bytes> seeds_, words_;
    std::size_t longest_;
};

}  // namespace

int main(int argc, char** argv) {
    std::uint64_t runs = 0, seed = std::random_device()();
    bool runs_given = false;
    double seconds = 0.0;
    unsigned timeout = 20;
    std::size_t longest = 4096;
    std::vector<Bytes> seeds, words;
    for (int k = 1; k < argc; ++k) {
        const std::string argument = argv[k];
        const std::size_t equals = argument.find('=');
        const std::string name = argument.substr(0, equals),
                          value = equals == argument.npos ? "" : argument.substr(equals + 1);
        if (name == "-runs") {
            runs = std::stoull(value);
            runs_given = true;
        } else if (name == "-max_total_time") {
            seconds = std::stod(value);
        } else if (name == "-seed") {
            seed = std::stoull(value);
        } else if (name == "-max_len") {
            longest = std::stoull(value);
        } else if (name == "-timeout") {
            timeout = static_cast<unsigned>(std::stoul(value));
        } else if (name == "-artifact_prefix") {
            artifact = value;
        } else if (name == "-dict") {
            words = words_of(value);
        } else if (argument[0] == '-') {
            std::fprintf(stderr, "%s is an option of libFuzzer: left out\n", argument.c_str());
        } else if (fs::is_directory(argument)) {
            for (const fs::directory_entry& entry : fs::directory_iterator(argument)) {
                if (entry.is_regular_file()) seeds.push_back(bytes_of(entry.path()));
            }
        } else {
            seeds.push_back(bytes_of(argument));
        }
    }
    __sanitizer_set_death_callback(keep_current);
    std::signal(SIGALRM, too_long);
    const auto run = [&](Bytes input) {
        current = std::move(input);
        alarm(timeout);
        LLVMFuzzerTestOneInput(current.data(), current.size());
        alarm(0);
    };
    const auto start = std::chrono::steady_clock::now();
    const auto passed = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    for (const Bytes& input : seeds) run(input);
    std::uint64_t done = seeds.size();
    Mutator mutator(seed, std::move(seeds), std::move(words), longest);
    while ((!runs_given || done < runs) && (seconds <= 0.0 || passed() < seconds)) {
        run(mutator.next());
        ++done;
    }
    std::printf("%llu inputs in %.1f s, seed %llu: nothing found\n",
                static_cast<unsigned long long>(done), passed(),
                static_cast<unsigned long long>(seed));
}
