#include "src/evolve/generation_journal.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <sstream>
#include <type_traits>

#include "snnsim/error.hpp"
#include "src/data/idx.hpp"
#include "src/io/replace_file.hpp"

namespace snnsim {
namespace {

constexpr const char* first_word = "generations of `snnsim evolve`";

template <class T>
void add_values(const T& of, std::string& text) {
    T::fields().for_each([&](const auto& f) {
        const std::string_view name = f.name;
        if (name == "generations" || name == "goal" || name == "tests") return;
        using Member = std::remove_cvref_t<decltype(of.*f.member)>;
        text += fmt::format("|{}=", name);
        if constexpr (requires { Member::fields(); }) {
            add_values(of.*f.member, text);
        } else if constexpr (std::is_enum_v<Member>) {
            text += name_of(of.*f.member);
        } else if constexpr (std::is_arithmetic_v<Member>) {
            text += fmt::format("{:.17g}", static_cast<double>(of.*f.member));
        }
    });
}

std::string line_of(const GenerationEntry& entry) {
    std::string line = fmt::format("{:.17g} {:.17g}", entry.score, entry.spikes);
    for (const double f : entry.fitness) line += fmt::format(" {:.17g}", f);
    return line + " .\n";
}

bool read_entry(const std::string& line, GenerationEntry& entry) {
    if (!line.ends_with(" .")) return false;
    std::istringstream words(line.substr(0, line.size() - 2));
    std::vector<double> numbers;
    for (std::string word; words >> word;) {
        char* rest = nullptr;
        numbers.push_back(std::strtod(word.c_str(), &rest));
        if (*rest != '\0') return false;
    }
    if (numbers.size() < 3) return false;
    entry = {{numbers.begin() + 2, numbers.end()}, numbers[0], numbers[1]};
    return true;
}

}  // namespace

std::string evolution_digest(const EvolveFile& file) {
    std::string text = std::to_string(file.seed);
    add_values(file.evolve, text);
    return sha256(text.data(), text.size()).substr(0, 16);
}

GenerationJournal::GenerationJournal(const std::string& path, const EvolveFile& file, bool anew)
    : path_(path) {
    const std::string first =
        fmt::format("{}, of settings {}: score and spikes of the fittest, all fitnesses",
                    first_word, evolution_digest(file));
    bool goes_on = false, cut_off = false;
    if (std::ifstream in(path); in) {
        std::string line;
        std::getline(in, line);
        goes_on = line == first && !in.eof();
        if (!goes_on && !line.empty() && !line.starts_with(first_word))
            throw FileError(path + " is no list of generations; write elsewhere (-o)");
        if (!goes_on && !line.empty() && !anew && !in.eof())
            throw UsageError(path +
                             " belongs to an evolution with other settings; write elsewhere (-o), "
                             "or begin anew with --force");
        const auto population = static_cast<std::size_t>(file.evolve.population);
        while (goes_on && std::getline(in, line)) {
            GenerationEntry entry;
            cut_off = in.eof() || !read_entry(line, entry) || entry.fitness.size() != population;
            if (cut_off) break;
            entries_.push_back(std::move(entry));
        }
    }
    // Written anew where a crash cut off a line: a line's number is its generation.
    if (!goes_on || cut_off) {
        replace_file(path, [&](const std::string& temporary) {
            std::ofstream out(temporary);
            out << first << '\n';
            for (const GenerationEntry& entry : entries_) out << line_of(entry);
            if (!out.flush()) throw FileError("no room, or no permission");
        });
    }
    out_.open(path, std::ios::app);
    if (!out_) throw FileError("cannot write to " + path);
}

const GenerationEntry* GenerationJournal::find(std::size_t generation) const {
    return generation < entries_.size() ? &entries_[generation] : nullptr;
}

void GenerationJournal::add(const GenerationEntry& entry) {
    entries_.push_back(entry);
    out_ << line_of(entry) << std::flush;
    if (!out_) throw FileError("cannot write to " + path_);
}

}  // namespace snnsim
