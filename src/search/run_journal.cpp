#include "src/search/run_journal.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <sstream>

#include "snnsim/error.hpp"

namespace snnsim {
namespace {

constexpr const char* first_line = "runs of `snnsim search`: file, measures, why it failed";

/// Line breaks and tabs would end a column.
std::string on_one_line(std::string text) {
    for (char& c : text) {
        if (c == '\n' || c == '\t' || c == '\r') c = ' ';
    }
    return text;
}

std::string line_of(const std::string& file, const JournalEntry& entry) {
    std::string line = file + "\t";
    for (const auto& [key, value] : entry.values) line += fmt::format("{}={:.17g} ", key, value);
    return line + "\t" + on_one_line(entry.failure) + "\t.\n";
}

bool read_line(const std::string& line, std::string& file, JournalEntry& entry) {
    std::istringstream columns(line);
    std::string values, end;
    if (!std::getline(columns, file, '\t') || !std::getline(columns, values, '\t') ||
        !std::getline(columns, entry.failure, '\t') || !std::getline(columns, end) || end != ".")
        return false;
    std::istringstream words(values);
    for (std::string word; words >> word;) {
        const std::size_t at = word.find_last_of('=');
        if (at == std::string::npos) return false;
        char* rest = nullptr;
        entry.values[word.substr(0, at)] = std::strtod(word.c_str() + at + 1, &rest);
        if (*rest != '\0' || rest == word.c_str() + at + 1) return false;
    }
    return true;
}

}  // namespace

RunJournal::RunJournal(const std::string& path) : path_(path) {
    bool begun = false, cut_off = false;
    if (std::ifstream in(path); in) {
        for (std::string line, file; std::getline(in, line);) {
            if (!begun && line != first_line)
                throw FileError(path +
                                " is no list of runs of `snnsim search`; write elsewhere (-o)");
            begun = true;
            cut_off = in.eof();  // by a crash, before the end of the line
            JournalEntry entry;
            if (read_line(line, file, entry)) entries_[file] = entry;
        }
    }
    out_.open(path, std::ios::app);
    if (!begun) out_ << first_line << '\n';
    if (cut_off) out_ << '\n';
    out_ << std::flush;
    if (!out_) throw FileError("cannot write to " + path);
}

const JournalEntry* RunJournal::find(const std::string& file) const {
    const auto at = entries_.find(file);
    return at == entries_.end() ? nullptr : &at->second;
}

void RunJournal::add(const std::string& file, const JournalEntry& entry) {
    entries_[file] = entry;
    out_ << line_of(file, entry) << std::flush;
    if (!out_) throw FileError("cannot write to " + path_);
}

}  // namespace snnsim
