#include "src/io/read_weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <optional>
#include <set>

#include "snnsim/error.hpp"
#include "src/files/input_file.hpp"
#include "src/io/hdf5.hpp"
#include "src/io/npz.hpp"
#include "src/io/read_npy.hpp"
#include "src/io/sparse_arrays.hpp"

namespace snnsim {
namespace {

using Shape = std::vector<std::size_t>;
using Dimensions = std::set<std::size_t>;  // how many an array may have

constexpr std::size_t most_names = 20;  // of a message

std::string names_text(const std::vector<std::string>& names) {
    if (names.empty()) return "there is none";
    const std::size_t shown = std::min(names.size(), most_names);
    return fmt::format(
        "there {} {}{}", names.size() == 1 ? "is" : "are",
        fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
        shown < names.size() ? ", ..." : "");
}

void expect_shape(const std::string& name, const Shape& found, const WeightShape& shape) {
    const Shape wanted{shape.sources, shape.targets};
    if (found == wanted) return;
    if (!shape.kernel.empty())
        throw FileError(
            fmt::format("{} has the shape [{}], but the window of {} needs [{}, {}], taps and "
                        "channels, or [{}], as PyTorch has it",
                        name, fmt::join(found, ", "), shape.projection, shape.sources,
                        shape.targets, fmt::join(shape.kernel, ", ")));
    const bool turned = found == Shape{shape.targets, shape.sources};
    throw FileError(fmt::format(
        "{} has the shape [{}], but {} needs [{}, {}]: the sizes of '{}' and '{}'{}", name,
        fmt::join(found, ", "), shape.projection, shape.sources, shape.targets, shape.from,
        shape.to,
        turned ? "; it is [target, source], as torch.nn.Linear keeps it: save its transpose (w.T)"
               : ""));
}
/// Whether it is that of PyTorch's convolutions.
bool is_kernel(const Shape& found, const WeightShape& shape) {
    return !shape.kernel.empty() && found == shape.kernel;
}
Dimensions dimensions_of(const WeightShape& shape) {
    return shape.kernel.empty() ? Dimensions{2} : Dimensions{2, shape.kernel.size()};
}
void expect_bias_shape(const std::string& name, const Shape& found, const WeightShape& shape) {
    if (found == Shape{shape.targets}) return;
    throw FileError(
        fmt::format("{} has the shape [{}], but the bias of {} needs [{}]: the size of '{}'", name,
                    fmt::join(found, ", "), shape.projection, shape.targets, shape.to));
}

[[noreturn]] void fail_not_finite(const std::string& name, std::size_t count, std::size_t all,
                                  const std::string& first) {
    throw FileError(
        fmt::format("{} of the {} values of {} {} NaN or infinite, the first that of {}", count,
                    all, name, count == 1 ? "is" : "are", first));
}
/// `place` says of a value by its index which it is.
template <class Place>
void expect_finite(const std::string& name, const std::vector<float>& values, Place place) {
    const auto wrong = [](float v) { return !std::isfinite(v); };
    const auto first = std::find_if(values.begin(), values.end(), wrong);
    if (first == values.end()) return;
    fail_not_finite(name, static_cast<std::size_t>(std::count_if(first, values.end(), wrong)),
                    values.size(), place(static_cast<std::size_t>(first - values.begin())));
}

/// [target][channel][offset] -> [offset][channel][target].
std::vector<float> taps_of_kernel(const std::vector<float>& kernel, const std::string& name,
                                  const WeightShape& shape) {
    expect_finite(name, kernel, [&](std::size_t k) {
        Shape at;
        for (std::size_t d = shape.kernel.size(); d-- > 0; k /= shape.kernel[d])
            at.insert(at.begin(), k % shape.kernel[d]);
        return fmt::format("[{}]", fmt::join(at, ", "));
    });
    const std::size_t channels = shape.kernel[1], area = shape.sources / channels;
    std::vector<float> out;
    out.reserve(kernel.size());
    for (std::size_t offset = 0; offset < area; ++offset) {
        for (std::size_t c = 0; c < channels; ++c) {
            for (std::size_t to = 0; to < shape.targets; ++to)
                out.push_back(kernel[(to * channels + c) * area + offset]);
        }
    }
    return out;
}
void check_delays(const std::string& name, const FileWeights& w, const WeightShape& shape) {
    const auto wrong = std::find_if(w.delay.begin(), w.delay.end(),
                                    [](double d) { return !std::isfinite(d) || d < 0.0; });
    if (w.is_list || wrong == w.delay.end()) return;
    const auto at = static_cast<std::size_t>(wrong - w.delay.begin());
    throw FileError(
        fmt::format("the delay of [source, target] [{}, {}] with {} is {:g} ms: it "
                    "must be at least 0",
                    at / shape.targets, at % shape.targets, name, *wrong));
}
/// Delays [source, target], or [source], for each synapse.
void take_delays(FileWeights& out, const std::string& name, const Shape& found,
                 std::vector<double> delays, const WeightShape& shape) {
    if (found.size() != 1) {
        expect_shape(name, found, shape);
        out.delay = std::move(delays);
        return;
    }
    if (found[0] != shape.sources)
        throw FileError(fmt::format("{} has the shape [{}], but {} needs [{}] or [{}, {}]", name,
                                    found[0], shape.projection, shape.sources, shape.sources,
                                    shape.targets));
    for (const double d : delays) out.delay.insert(out.delay.end(), shape.targets, d);
}

void check_weights(const std::string& name, const FileWeights& w, const WeightShape& shape) {
    const bool taps = !shape.kernel.empty();
    const auto pair = [taps](std::size_t source, std::size_t target) {
        return fmt::format("[{} {}, {} {}]", taps ? "tap" : "source", source,
                           taps ? "channel" : "target", target);
    };
    if (!w.is_list) {
        expect_finite(name, w.dense,
                      [&](std::size_t k) { return pair(k / shape.targets, k % shape.targets); });
        return;
    }
    for (std::size_t k = 0; k < w.source.size(); ++k) {
        const bool source = w.source[k] >= shape.sources;
        if (!source && w.target[k] < shape.targets) continue;
        throw FileError(
            fmt::format("synapse {} of {} {} cell {} of '{}', which has {}", k, name,
                        source ? "comes from" : "goes to", source ? w.source[k] : w.target[k],
                        source ? shape.from : shape.to, source ? shape.sources : shape.targets));
    }
    expect_finite(name, w.weight, [&](std::size_t k) { return pair(w.source[k], w.target[k]); });
}

// ---- NumPy ----

std::vector<float> read_floats(NpyReader& reader, std::size_t most) {
    if (reader.first_index_fastest()) {
        const std::vector<double> values = reader.read_all(most).values;
        return {values.begin(), values.end()};
    }
    std::vector<float> out(reader.count());
    std::vector<double> piece(std::min<std::size_t>(out.size(), 8192));
    for (std::size_t first = 0; first < out.size(); first += piece.size()) {
        const std::size_t count = std::min(piece.size(), out.size() - first);
        reader.read(piece.data(), count);
        std::copy_n(piece.begin(), count, out.begin() + static_cast<std::ptrdiff_t>(first));
    }
    reader.end();
    return out;
}

FileWeights matrix_from(NpyReader reader, const std::string& name, const WeightShape& shape) {
    const bool kernel = is_kernel(reader.shape(), shape);
    if (!kernel) expect_shape(name, reader.shape(), shape);
    FileWeights out;
    out.dense = read_floats(reader, shape.sources * shape.targets);
    if (kernel) out.dense = taps_of_kernel(out.dense, name, shape);
    return out;
}
std::vector<float> bias_from(NpyReader reader, const std::string& name, const WeightShape& shape) {
    expect_bias_shape(name, reader.shape(), shape);
    return read_floats(reader, shape.targets);
}

NpyReader npy_reader(const std::string& path, const std::string& dataset) {
    if (!dataset.empty())
        throw FileError(fmt::format("it holds one array; leave dataset: {} out", dataset));
    return {bytes_of_file(path), size_of_input(path)};
}

// ---- .npz ----

std::string in_quotes(const std::string& name) {
    return "'" + name + "'";
}

/// Beside an array of weights: which of them there are, and their delays.
bool is_beside(const NpzFile& file, const std::string& name) {
    for (const std::string_view ending : {".mask", ".delay"}) {
        if (name.ends_with(ending) && file.has(name.substr(0, name.size() - ending.size())))
            return true;
    }
    return false;
}

/// The only array of so many dimensions.
std::string only_array(const NpzFile& file, const Dimensions& dimensions, const char* shape_text) {
    std::vector<std::string> found;
    for (const std::string& name : file.names()) {
        if (is_beside(file, name)) continue;
        const NpyReader reader = file.open(name);
        if (!reader.is_text() && dimensions.contains(reader.shape().size())) found.push_back(name);
    }
    if (found.size() == 1) return found[0];
    throw FileError(found.empty() ? fmt::format("there is no array of the shape {}; {}", shape_text,
                                                names_text(file.names()))
                                  : fmt::format("write which array, as in dataset: {}; {}",
                                                found[0], names_text(found)));
}

/// A list of synapses as `snnsim weights` writes it: NAME.source, NAME.target, NAME.weight,
/// NAME.delay.
std::optional<FileWeights> npz_list(const NpzFile& file, const std::string& name) {
    if (!file.has(name + ".source") || !file.has(name + ".target") || !file.has(name + ".weight"))
        return std::nullopt;
    constexpr std::size_t most = 0xffffffff;
    FileWeights out;
    out.is_list = true;
    out.source = whole_numbers(file, name + ".source", most);
    out.target = whole_numbers(file, name + ".target", most);
    const std::vector<double> weight = file.read(name + ".weight", most).values;
    out.weight.assign(weight.begin(), weight.end());
    if (file.has(name + ".delay")) out.delay = file.read(name + ".delay", most).values;
    if (out.target.size() != out.source.size() || out.weight.size() != out.source.size() ||
        (file.has(name + ".delay") && out.delay.size() != out.source.size()))
        throw FileError(fmt::format(
            "{0}.source, {0}.target, {0}.weight and {0}.delay have different lengths", name));
    return out;
}

FileWeights weights_of_npz(const std::string& path, const std::string& dataset,
                           const WeightShape& shape, std::string& name) {
    const NpzFile file(path);
    if (is_sparse_array(file)) {
        if (!dataset.empty())
            throw FileError(
                fmt::format("it holds one sparse array; leave dataset: {} out", dataset));
        name = "the sparse array";
        const SparseArray array = read_sparse_array(file, shape.sources * shape.targets);
        expect_shape(name, {array.rows, array.columns}, shape);
        FileWeights out;
        out.is_list = true;
        out.source = array.row;
        out.target = array.column;
        out.weight.assign(array.value.begin(), array.value.end());
        return out;
    }
    std::string array = dataset.empty() ? shape.projection : dataset;
    name = in_quotes(array);
    if (!file.has(array)) {
        if (auto list = npz_list(file, array)) return *list;
        if (!dataset.empty())
            throw FileError(
                fmt::format("there is no array '{}'; {}", dataset, names_text(file.names())));
        array = only_array(file, dimensions_of(shape), "[source, target]");
        name = in_quotes(array);
    }
    FileWeights out = matrix_from(file.open(array), name, shape);
    if (const std::string delays = array + ".delay"; file.has(delays)) {
        NpyReader reader = file.open(delays);
        const Shape found = reader.shape();
        take_delays(out, in_quotes(delays), found,
                    reader.read_all(shape.sources * shape.targets).values, shape);
    }
    if (const std::string mask = array + ".mask"; file.has(mask)) {
        NpyReader reader = file.open(mask);
        expect_shape(in_quotes(mask), reader.shape(), shape);
        for (const float there : read_floats(reader, shape.sources * shape.targets))
            out.mask.push_back(there != 0.0f ? 1 : 0);
    }
    return out;
}

std::vector<float> bias_of_npz(const std::string& path, const std::string& dataset,
                               const WeightShape& shape, std::string& name) {
    const NpzFile file(path);
    const std::string wanted = dataset.empty() ? shape.projection : dataset;
    std::string array = wanted + ".bias";
    if (!file.has(array)) {
        if (!dataset.empty() && !file.has(dataset))
            throw FileError(
                fmt::format("there is no array '{}'; {}", dataset, names_text(file.names())));
        array = dataset.empty() ? only_array(file, {1}, "[target]") : dataset;
    }
    name = in_quotes(array);
    return bias_from(file.open(array), name, shape);
}

// ---- HDF5 ----

bool is_run(hid_t file) {
    return h5::has_attribute(file, "format") && h5::read_text(file, "format") == "snnsim run";
}
bool is_simulation(hid_t file) {
    return h5::has_attribute(file, "kind") && h5::read_text(file, "kind") == "simulation";
}
bool has_list(hid_t file, const std::string& group) {
    return h5::exists(file, group + "/source") && h5::exists(file, group + "/target") &&
           h5::exists(file, group + "/weight");
}
Shape shape_of(hid_t file, const std::string& path) {
    const h5::Dims dims = h5::numeric_dims(file, path);
    return {dims.begin(), dims.end()};
}

/// Data sets of numbers with so many dimensions, at most `most_names`, at any depth that is usual.
void find_sets(hid_t file, const std::string& group, const Dimensions& dimensions, int depth,
               std::vector<std::string>& found) {
    for (const std::string& child : h5::children(file, group.empty() ? "/" : group)) {
        const std::string path = group.empty() ? child : group + "/" + child;
        if (h5::is_group(file, path)) {
            if (depth > 0) find_sets(file, path, dimensions, depth - 1, found);
            continue;
        }
        if (found.size() > most_names) return;
        try {
            if (dimensions.contains(h5::numeric_dims(file, path).size())) found.push_back(path);
        } catch (const FileError&) {  // texts, links that lead nowhere
        }
    }
}

[[noreturn]] void fail_no_weights(hid_t file, const std::string& projection) {
    const std::vector<std::string> names = h5::children(file, "weights");
    const std::string version = h5::has_attribute(file, "snnsim_version")
                                    ? h5::read_text(file, "snnsim_version")
                                    : "an older version";
    const std::string who =
        fmt::format("this run of snnsim {} holds no weights of {}", version, projection);
    if (is_simulation(file))
        throw FileError(fmt::format(
            "{}: of a simulation those of plastic projections are kept, when it ends; {}", who,
            names_text(names)));
    throw FileError(fmt::format("{}; {}", who, names_text(names)));
}

/// Where the weights lie: a data set, or the group of a projection in a run.
std::string place_of(hid_t file, const std::string& dataset, const WeightShape& shape,
                     const Dimensions& dimensions, const char* shape_text) {
    const std::string& wanted = dataset.empty() ? shape.projection : dataset;
    for (const std::string& path : {wanted, "weights/" + wanted}) {
        if (h5::exists(file, path)) return path;
    }
    if (is_run(file) && wanted.find('/') == std::string::npos) fail_no_weights(file, wanted);
    constexpr int depth = 8;
    std::vector<std::string> found;
    find_sets(file, "", dimensions, depth, found);
    if (dataset.empty() && found.size() == 1) return found[0];
    if (!dataset.empty())
        throw FileError(fmt::format("there is no data set '{}'; {}", dataset, names_text(found)));
    throw FileError(found.empty() ? fmt::format("there is no data set of the shape {}", shape_text)
                                  : fmt::format("write which data set, as in dataset: {}; {}",
                                                found[0], names_text(found)));
}

FileWeights list_of_group(hid_t file, const std::string& group) {
    FileWeights out;
    out.is_list = true;
    const auto read = [&]<class T>(const char* name, std::vector<T>& values) {
        values = h5::read_vector<T>(file, group + name);
    };
    read("/source", out.source);
    read("/target", out.target);
    read("/weight", out.weight);
    const bool delays = h5::exists(file, group + "/delay");
    if (delays) read("/delay", out.delay);
    out.unit = h5::unit_of(file, group + "/weight");
    if (out.target.size() != out.source.size() || out.weight.size() != out.source.size() ||
        (delays && out.delay.size() != out.source.size()))
        throw FileError(fmt::format("the data sets of '{}' have different lengths", group));
    return out;
}

FileWeights weights_of_hdf5(const std::string& path, const std::string& dataset,
                            const WeightShape& shape, std::string& name) {
    const h5::Handle file = h5::open_to_read(path);
    const std::string place =
        place_of(file, dataset, shape, dimensions_of(shape), "[source, target]");
    name = in_quotes(place);
    std::string set = place;
    if (h5::is_group(file, place)) {
        if (has_list(file, place)) return list_of_group(file, place);
        set = place + "/weights";
        if (!h5::exists(file, set))
            throw FileError(fmt::format(
                "the group {} has neither 'weights' nor 'source', 'target' and 'weight', as runs "
                "that have ended have",
                name));
    }
    const bool kernel = is_kernel(shape_of(file, set), shape);
    if (!kernel) expect_shape(name, shape_of(file, set), shape);
    FileWeights out;
    out.dense = h5::read_vector<float>(file, set);
    if (kernel) out.dense = taps_of_kernel(out.dense, name, shape);
    out.unit = h5::unit_of(file, set);
    if (set != place && h5::exists(file, place + "/delays")) {
        const std::string delays = place + "/delays";
        const Shape found = shape_of(file, delays);
        if (found.size() == 2) expect_shape(in_quotes(delays), found, shape);
        take_delays(out, in_quotes(delays), found, h5::read_vector<double>(file, delays), shape);
    }
    if (set != place && h5::exists(file, place + "/mask")) {
        expect_shape(in_quotes(place + "/mask"), shape_of(file, place + "/mask"), shape);
        out.mask = h5::read_vector<std::uint8_t>(file, place + "/mask");
    }
    return out;
}

std::vector<float> bias_of_hdf5(const std::string& path, const std::string& dataset,
                                const WeightShape& shape, std::string& name) {
    const h5::Handle file = h5::open_to_read(path);
    std::string place = place_of(file, dataset, shape, {1}, "[target]");
    name = in_quotes(place);
    if (h5::is_group(file, place)) {
        place += "/bias";
        if (!h5::exists(file, place)) throw FileError(fmt::format("{} has no bias there", name));
    }
    expect_bias_shape(name, shape_of(file, place), shape);
    return h5::read_vector<float>(file, place);
}

/// Of a vector; 0 of all else.
std::size_t length_of(const Shape& shape) {
    return shape.size() == 1 ? shape[0] : 0;
}

std::vector<StoredWeights> list_of_hdf5(const std::string& path) {
    const h5::Handle file = h5::open_to_read(path);
    if (!is_run(file)) throw FileError("it is no run file of snnsim");
    std::vector<StoredWeights> all;
    for (const std::string& name : h5::children(file, "weights")) {
        const std::string group = "weights/" + name;
        StoredWeights one{name};
        one.bias = h5::exists(file, group + "/bias");
        if (h5::exists(file, group + "/weights")) {
            const Shape shape = shape_of(file, group + "/weights");
            if (shape.size() != 2) throw FileError(fmt::format("'{}/weights' is no matrix", group));
            one.sources = shape[0];
            one.targets = shape[1];
        } else if (!has_list(file, group)) {
            continue;
        } else if (one.bias) {
            one.targets = length_of(shape_of(file, group + "/bias"));
        }
        all.push_back(std::move(one));
    }
    if (all.empty()) fail_no_weights(file, "any projection");
    return all;
}

std::vector<StoredWeights> list_of_npz(const std::string& path) {
    const NpzFile file(path);
    if (is_sparse_array(file))
        throw FileError("it holds a sparse array without the name of a projection");
    std::vector<StoredWeights> all;
    constexpr std::string_view list = ".weight";
    for (const std::string& name : file.names()) {
        const Shape shape = file.open(name).shape();
        if (shape.size() == 2 && !is_beside(file, name)) {
            all.push_back({name, shape[0], shape[1], file.has(name + ".bias")});
        } else if (name.ends_with(list) && name.size() > list.size()) {
            StoredWeights one{name.substr(0, name.size() - list.size())};
            one.bias = file.has(one.projection + ".bias");
            if (one.bias) one.targets = length_of(file.open(one.projection + ".bias").shape());
            all.push_back(std::move(one));
        }
    }
    if (all.empty()) throw FileError("it holds no matrix [source, target]");
    return all;
}

/// `call`, with the path before what it throws.
template <class Call>
auto with_path(const std::string& path, Call call) {
    if (const std::string wrong = why_unreadable(path); !wrong.empty())
        throw FileError(fmt::format("{}: {}", path, wrong));
    try {
        return call();
    } catch (const FileError& e) {
        const std::string text = e.what();
        throw FileError(text.find(path) == std::string::npos ? path + ": " + text : text);
    }
}

std::string ending_of(const std::string& path) {
    return std::filesystem::path(path).extension();
}

}  // namespace

FileWeights read_weights(const std::string& path, const std::string& dataset,
                         const WeightShape& shape) {
    return with_path(path, [&] {
        const std::string ending = ending_of(path);
        std::string name = "the array";
        FileWeights out = ending == ".npy"   ? matrix_from(npy_reader(path, dataset), name, shape)
                          : ending == ".npz" ? weights_of_npz(path, dataset, shape, name)
                                             : weights_of_hdf5(path, dataset, shape, name);
        check_weights(name, out, shape);
        check_delays(name, out, shape);
        return out;
    });
}

std::vector<float> read_bias(const std::string& path, const std::string& dataset,
                             const WeightShape& shape) {
    return with_path(path, [&] {
        const std::string ending = ending_of(path);
        std::string name = "the array";
        std::vector<float> out = ending == ".npy"
                                     ? bias_from(npy_reader(path, dataset), name, shape)
                                 : ending == ".npz" ? bias_of_npz(path, dataset, shape, name)
                                                    : bias_of_hdf5(path, dataset, shape, name);
        expect_finite(name, out, [](std::size_t k) { return fmt::format("target {}", k); });
        return out;
    });
}

std::vector<std::size_t> order_by_pair(const std::vector<std::uint32_t>& source,
                                       const std::vector<std::uint32_t>& target) {
    std::vector<std::size_t> order(source.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto pair = [&](std::size_t k) { return std::pair{source[k], target[k]}; };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return pair(a) < pair(b); });
    return order;
}

void sort_synapses(FileWeights& w) {
    if (!w.is_list) return;
    w.delay.clear();
    FileWeights sorted;
    for (const std::size_t k : order_by_pair(w.source, w.target)) {
        const bool again = !sorted.source.empty() && sorted.source.back() == w.source[k] &&
                           sorted.target.back() == w.target[k];
        if (again) {
            sorted.weight.back() += w.weight[k];
            continue;
        }
        sorted.source.push_back(w.source[k]);
        sorted.target.push_back(w.target[k]);
        sorted.weight.push_back(w.weight[k]);
    }
    w.source = std::move(sorted.source);
    w.target = std::move(sorted.target);
    w.weight = std::move(sorted.weight);
}

void make_dense(FileWeights& w, const WeightShape& shape) {
    if (!w.is_list) return;
    const bool weights = w.weight.size() == w.source.size();  // else pairs alone
    const std::size_t pairs = shape.sources * shape.targets;
    if (weights) w.dense.assign(pairs, 0.0f);
    w.mask.assign(pairs, 0);
    for (std::size_t k = 0; k < w.source.size(); ++k) {
        const std::size_t at = w.source[k] * shape.targets + w.target[k];
        if (weights) w.dense[at] += w.weight[k];
        w.mask[at] = 1;
    }
    for (auto* list : {&w.source, &w.target}) list->clear();
    w.weight.clear();
    if (std::find(w.mask.begin(), w.mask.end(), 0) == w.mask.end()) w.mask.clear();
    w.is_list = false;
    w.delay.clear();  // those of a simulation are not those of a training
}

std::vector<StoredWeights> list_weights(const std::string& path) {
    return with_path(
        path, [&] { return ending_of(path) == ".npz" ? list_of_npz(path) : list_of_hdf5(path); });
}

}  // namespace snnsim
