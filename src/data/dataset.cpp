// Finds, fetches, verifies and reads the data sets.
#include "snnsim/dataset.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "snnsim/error.hpp"
#include "src/data/idx.hpp"

extern char** environ;

namespace snnsim {
namespace {

namespace fs = std::filesystem;

struct File {
    const char* stem;  // train, t10k
    const char* kind;  // images, labels
    int dims;
    std::array<const char*, 2> sha256;  // unpacked; by DataSet

    std::string name() const { return fmt::format("{}-{}-idx{}-ubyte", stem, kind, dims); }
};
constexpr std::array files{
    File{"train",
         "images",
         3,
         {"ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
          "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"}},
    File{"train",
         "labels",
         1,
         {"65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
          "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"}},
    File{"t10k",
         "images",
         3,
         {"0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
          "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"}},
    File{"t10k",
         "labels",
         1,
         {"ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
          "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"}},
};

/// The file under either spelling of its name, packed or not; empty when it is not there.
std::string find_file(const fs::path& folder, const File& file) {
    const std::string dash = file.name();
    std::string dot = dash;
    dot.replace(dot.find("-idx"), 4, ".idx");
    for (const std::string& name : {dash, dot}) {
        for (const char* suffix : {"", ".gz"}) {
            const fs::path path = folder / (name + suffix);
            std::error_code ignored;
            if (fs::exists(path, ignored)) return path.string();
        }
    }
    return "";
}

bool has_all(const fs::path& folder) {
    for (const File& file : files) {
        if (find_file(folder, file).empty()) return false;
    }
    return true;
}

std::string what_to_put(const std::string& folder) {
    std::string out = fmt::format("put these four files into {} (plain or .gz):", folder);
    for (const File& file : files) out += "\n    " + file.name();
    return out;
}

fs::path cache_folder() {
    if (const char* xdg = std::getenv("XDG_CACHE_HOME"); xdg && *xdg)
        return fs::path(xdg) / "snnsim";
    if (const char* home = std::getenv("HOME"); home && *home)
        return fs::path(home) / ".cache" / "snnsim";
    return fs::temp_directory_path() / "snnsim";
}

/// tools/fetch_mnist of the installation that this program belongs to, or beside this code where it
/// is a module of Python, else of the source tree it was built from.
std::string fetch_script() {
    std::error_code none;
    const fs::path program = fs::read_symlink("/proc/self/exe", none);
    const fs::path installed =
        program.parent_path().parent_path() / "libexec" / "snnsim" / "fetch_mnist";
    if (fs::exists(installed)) return installed.string();
    Dl_info own{};
    if (dladdr(reinterpret_cast<const void*>(&fetch_script), &own) != 0 && own.dli_fname) {
        const fs::path beside = fs::path(own.dli_fname).parent_path() / "fetch_mnist";
        if (fs::exists(beside)) return beside.string();
    }
    return std::string(SNNSIM_SOURCE_TOOLS) + "/fetch_mnist";
}

bool fetch_mnist(const fs::path& folder) {
    const std::string script = fetch_script();
    if (!fs::exists(script)) return false;
    std::string target = folder.string();
    std::string program = "python3", path = script;
    char* arguments[] = {program.data(), path.data(), target.data(), nullptr};
    pid_t child = 0;
    if (posix_spawnp(&child, "python3", nullptr, nullptr, arguments, environ) != 0) return false;
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// Where the files are; fetches MNIST into the cache when they are nowhere.
fs::path locate(DataSet set, const std::string& data_dir) {
    if (!data_dir.empty()) {
        std::error_code ignored;
        if (!fs::is_directory(data_dir, ignored))
            throw DataError(fmt::format("--data-dir {}: there is no such folder", data_dir));
        for (const File& file : files) {
            if (find_file(data_dir, file).empty()) {
                throw DataError(fmt::format("--data-dir {}: {} is not there; {}", data_dir,
                                            file.name(), what_to_put("it")));
            }
        }
        return data_dir;
    }
    const fs::path cache = cache_folder() / name_of(set);
    if (has_all(cache)) return cache;
    if (set == DataSet::fashion_mnist) {
        const fs::path packaged = "/usr/share/datasets/fashion-mnist";
        if (has_all(packaged)) return packaged;
        throw DataError(
            "Fashion-MNIST is not on this machine. Install Debian's package dataset-fashion-mnist, "
            "or " +
            what_to_put(cache.string()));
    }
    if (fetch_mnist(cache) && has_all(cache)) return cache;
    throw DataError("MNIST is not on this machine and could not be fetched (no network?); " +
                    what_to_put(cache.string()) +
                    "\nor name the folder that has them with --data-dir");
}

/// Tells of a file that is not the published one: subsets and variants are fine, but not silently.
void check_sum(const std::vector<std::uint8_t>& bytes, const std::string& path, const File& file,
               DataSet set, std::vector<std::string>& warnings) {
    const std::string sum = sha256(bytes.data(), bytes.size());
    if (sum == file.sha256[static_cast<std::size_t>(set)]) return;
    for (std::size_t other = 0; other < file.sha256.size(); ++other) {
        if (sum == file.sha256[other]) {
            throw DataError(fmt::format("{} belongs to {}, but the model asks for {}", path,
                                        Names<DataSet>::values[other], name_of(set)));
        }
    }
    warnings.push_back(fmt::format("{} is not the published file of {} (its SHA-256 is {})", path,
                                   name_of(set), sum));
}

IdxArray read_file(const fs::path& folder, const File& file, DataSet set,
                   std::vector<std::string>& warnings) {
    const std::string path = find_file(folder, file);
    const std::vector<std::uint8_t> bytes = read_unpacked(path);
    IdxArray array = parse_idx(bytes, path, file.dims);
    check_sum(bytes, path, file, set, warnings);
    return array;
}

SampleSet read_pair(const fs::path& folder, const File& images, const File& labels, DataSet set,
                    Dataset& data) {
    IdxArray pixels = read_file(folder, images, set, data.warnings);
    IdxArray numbers = read_file(folder, labels, set, data.warnings);
    if (pixels.dims[0] != numbers.dims[0]) {
        throw DataError(fmt::format("{}: {} images in {}, but {} labels in {}", folder.string(),
                                    pixels.dims[0], images.name(), numbers.dims[0], labels.name()));
    }
    if (pixels.dims[1] != 28 || pixels.dims[2] != 28) {
        throw DataError(fmt::format("{}: images of {}x{}, expected 28x28",
                                    find_file(folder, images), pixels.dims[1], pixels.dims[2]));
    }
    for (std::size_t i = 0; i < numbers.data.size(); ++i) {
        if (numbers.data[i] >= data.classes) {
            throw DataError(fmt::format("{}: label {} of sample {} is not below {}",
                                        find_file(folder, labels), numbers.data[i], i,
                                        data.classes));
        }
    }
    SampleSet out;
    out.count = pixels.dims[0];
    out.inputs = pixels.dims[1] * pixels.dims[2];
    out.shape = {1, static_cast<std::uint32_t>(pixels.dims[1]),
                 static_cast<std::uint32_t>(pixels.dims[2])};
    out.in.pixels = std::move(pixels.data);
    out.labels.assign(numbers.data.begin(), numbers.data.end());
    return out;
}

}  // namespace

Dataset load_dataset(DataSet set, const std::string& data_dir) {
    const fs::path folder = locate(set, data_dir);
    Dataset data;
    data.name = name_of(set);
    data.train = read_pair(folder, files[0], files[1], set, data);
    data.test = read_pair(folder, files[2], files[3], set, data);
    return data;
}

}  // namespace snnsim
