#include "src/events/find_recordings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "snnsim/error.hpp"
#include "src/files/input_file.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/numbers.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

const char* ending_of(EventFormat format) {
    return format == EventFormat::nmnist ? ".bin" : format == EventFormat::shd ? ".h5" : ".aedat";
}
bool has_ending(const fs::path& path, EventFormat format) {
    return lower(path.extension().string()) == ending_of(format);
}

struct Folder {
    std::vector<std::string> folders, files;  // names, in alphabetical order
};
Folder look_into(const fs::path& path) {
    Folder out;
    std::error_code error;
    for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
        const std::string name = at->path().filename().string();
        if (name.starts_with(".")) continue;
        std::error_code unreadable;
        (fs::is_directory(at->path(), unreadable) ? out.folders : out.files).push_back(name);
    }
    if (error) throw DataError(fmt::format("cannot read {}: {}", path.string(), error.message()));
    std::sort(out.folders.begin(), out.folders.end());
    std::sort(out.files.begin(), out.files.end());
    return out;
}

/// 2 before 10 where all are numbers, else as words.
void sort_classes(std::vector<std::string>& names) {
    const bool numbers = std::all_of(names.begin(), names.end(), [](const std::string& name) {
        return !name.empty() && std::all_of(name.begin(), name.end(),
                                            [](unsigned char c) { return std::isdigit(c); });
    });
    std::sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
        return numbers && a.size() != b.size() ? a.size() < b.size() : a < b;
    });
    names.erase(std::unique(names.begin(), names.end()), names.end());
}

using FilesOfClass = std::map<std::string, std::vector<std::string>>;

class Finder {
  public:
    explicit Finder(EventFormat format) : format_(format) {}

    Recordings find(const EventPaths& paths) {
        const bool several = !paths.test.empty() || !paths.valid.empty();
        if (several || !find_sets_in(paths.in)) add(several ? "train" : "", paths.in);
        if (!paths.valid.empty()) add("valid", paths.valid);
        if (!paths.test.empty()) add("test", paths.test);
        label_classes();
        for (const RecordingSet& set : out_.sets) {
            if (set.recordings.empty())
                throw DataError(fmt::format("{}: there are no files {} in it",
                                            path_of_.at(set.name), ending_of(format_)));
        }
        return std::move(out_);
    }

  private:
    RecordingSet& begin_set(const std::string& name, const std::string& path) {
        path_of_[name] = path;
        return out_.sets.emplace_back(RecordingSet{name, {}});
    }

    /// Folders train and test, or the lists of DVS128 Gesture.
    bool find_sets_in(const std::string& path) {
        if (!fs::is_directory(path) || format_ == EventFormat::shd) return false;
        const Folder folder = look_into(path);
        const auto find = [](const std::vector<std::string>& names, const std::string& wanted) {
            const auto found = std::find_if(names.begin(), names.end(), [&](const std::string& n) {
                return lower(n) == wanted;
            });
            return found == names.end() ? "" : *found;
        };
        if (format_ == EventFormat::dvs_gesture) {
            const std::string train = find(folder.files, "trials_to_train.txt"),
                              test = find(folder.files, "trials_to_test.txt");
            if (train.empty() || test.empty()) return false;
            add("train", (fs::path(path) / train).string());
            add("test", (fs::path(path) / test).string());
            return true;
        }
        const std::string train = find(folder.folders, "train"),
                          test = find(folder.folders, "test"),
                          valid = find(folder.folders, "valid");
        if (train.empty() || test.empty()) return false;
        add("train", (fs::path(path) / train).string());
        if (!valid.empty()) add("valid", (fs::path(path) / valid).string());
        add("test", (fs::path(path) / test).string());
        return true;
    }

    void add(const std::string& set, const std::string& path) {
        if (fs::is_directory(path)) {
            if (format_ == EventFormat::shd)
                throw DataError(fmt::format("{} is a folder; name the file: shd_train.h5", path));
            if (format_ == EventFormat::dvs_gesture)
                add_recordings(set, path);
            else
                add_classes(set, path);
            return;
        }
        const std::string wrong = why_unreadable(path);
        if (!wrong.empty()) throw DataError(fmt::format("cannot open {}: {}", path, wrong));
        const bool itself = format_ == EventFormat::shd ||
                            (format_ == EventFormat::dvs_gesture && has_ending(path, format_));
        if (itself) {
            begin_set(set, path).recordings.push_back({path, 0});
        } else if (has_ending(path, format_)) {
            throw DataError(
                fmt::format("{}: of one recording nothing tells the class; name a "
                            "folder with a folder for each class, or a list of lines "
                            "'file,label'",
                            path));
        } else {
            add_list(set, path);
        }
    }

    void add_recordings(const std::string& set, const fs::path& path) {
        RecordingSet& out = begin_set(set, path.string());
        for (const std::string& name : look_into(path).files) {
            if (has_ending(name, format_))
                out.recordings.push_back({(path / name).string(), 0});
            else if (!name.ends_with("_labels.csv"))
                ++out_.others;
        }
    }

    void add_classes(const std::string& set, const fs::path& path) {
        begin_set(set, path.string());
        const Folder folder = look_into(path);
        out_.others += folder.files.size();
        for (const std::string& name : folder.folders) {
            std::vector<std::string> files;
            for (const std::string& file : look_into(path / name).files) {
                if (has_ending(file, format_))
                    files.push_back((path / name / file).string());
                else
                    ++out_.others;
            }
            if (files.empty()) continue;
            classes_[set][name] = std::move(files);
            out_.classes.push_back(name);
        }
    }

    /// Numbers the classes of all sets, and lets those of each take turns.
    void label_classes() {
        sort_classes(out_.classes);
        for (RecordingSet& set : out_.sets) {
            const auto found = classes_.find(set.name);
            if (found == classes_.end()) continue;
            std::size_t most = 0;
            for (const auto& [name, files] : found->second) most = std::max(most, files.size());
            for (std::size_t turn = 0; turn < most; ++turn) {
                for (std::size_t label = 0; label < out_.classes.size(); ++label) {
                    const auto files = found->second.find(out_.classes[label]);
                    if (files == found->second.end() || turn >= files->second.size()) continue;
                    set.recordings.push_back(
                        {files->second[turn], static_cast<std::int32_t>(label)});
                }
            }
        }
        if (classes_.empty() || classes_.size() == out_.sets.size()) return;
        throw DataError(
            fmt::format("{} has names of classes and another set a list of numbers: "
                        "name folders for all sets, or lists for all",
                        path_of_.at(classes_.begin()->first)));
    }

    void add_list(const std::string& set, const std::string& path) {
        RecordingSet& out = begin_set(set, path);
        const fs::path folder = fs::path(path).parent_path();
        LineReader lines(path);
        while (const auto line = lines.next()) {
            if (line->find_first_not_of(" \t") == line->npos) continue;
            const auto fail = [&](const std::string& what) {
                throw DataError(fmt::format("{}:{}: {}", path, lines.number(), what));
            };
            Recording recording;
            std::string_view file = *line;
            if (format_ != EventFormat::dvs_gesture) {
                const std::size_t comma = file.rfind(',');
                if (comma == file.npos)
                    fail(fmt::format("a line is file,label; found '{}'", excerpt(*line)));
                constexpr std::int64_t most = (1 << 20) - 1;
                std::int64_t label = 0;
                const std::string wrong =
                    read_whole(file.substr(comma + 1), std::int64_t{0}, most, label);
                if (!wrong.empty()) fail("the label " + wrong);
                recording.label = static_cast<std::int32_t>(label);
                file = file.substr(0, comma);
            }
            while (file.ends_with(' ')) file.remove_suffix(1);
            recording.file = (folder / fs::path(std::string(file))).string();
            const std::string wrong = why_unreadable(recording.file);
            if (!wrong.empty()) fail(fmt::format("cannot open {}: {}", recording.file, wrong));
            out.recordings.push_back(recording);
        }
    }

    const EventFormat format_;
    Recordings out_;
    std::map<std::string, FilesOfClass> classes_;  // by set
    std::map<std::string, std::string> path_of_;   // of each set
};

}  // namespace

Recordings find_recordings(const EventPaths& paths, EventFormat format) {
    try {
        return Finder(format).find(paths);
    } catch (const FileError& e) {
        throw DataError(e.what());
    }
}

}  // namespace snnsim
