// The lists of synapses that edges become, as they are written.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "src/io/hdf5.hpp"
#include "src/sonata/edges.hpp"

namespace snnsim::sonata {

constexpr std::size_t piece = 1 << 20;  // edges that are read, and written, at once

/// Adds rows to a data set; and makes one that grows. Throws OutputError: the file that is written
/// is not the one that is read, which errors name.
void append_to(hid_t out, const std::string& path, hid_t type, std::size_t rows, const void* data);
void begin_list(hid_t out, const std::string& path, hid_t type, std::size_t chunk,
                const std::string& unit);

/// A column of a list: written only from where its values differ.
class Column {
  public:
    Column(std::string path, std::string unit, std::size_t chunk)
        : path_(std::move(path)), unit_(std::move(unit)), chunk_(chunk) {}

    void append(hid_t out, const double* values, std::size_t count) {
        if (count == 0) return;
        if (rows_ == 0) first_ = values[0];
        const bool same =
            std::all_of(values, values + count, [&](double v) { return v == first_; });
        if (!written_ && !same) begin(out);
        if (written_) append_to(out, path_, h5::type_of<double>(), count, values);
        rows_ += count;
    }
    void append(hid_t out, double value, std::size_t count) {
        if (count == 0) return;
        if (rows_ == 0) first_ = value;
        if (!written_ && value == first_) {
            rows_ += count;
            return;
        }
        const std::vector<double> all(count, value);
        append(out, all.data(), count);
    }
    bool one() const { return !written_; }
    double value() const { return first_; }

  private:
    void begin(hid_t out) {
        written_ = true;
        begin_list(out, path_, h5::type_of<double>(), chunk_, unit_);
        const std::vector<double> some(std::min<std::uint64_t>(rows_, piece), first_);
        for (std::uint64_t left = rows_; left > 0;) {
            const std::uint64_t count = std::min<std::uint64_t>(left, some.size());
            append_to(out, path_, h5::type_of<double>(), count, some.data());
            left -= count;
        }
    }

    std::string path_, unit_;
    std::size_t chunk_;
    bool written_ = false;
    double first_ = 0.0;
    std::uint64_t rows_ = 0;
};

/// Where the edges of one projection go.
struct Sink {
    Projection projection;
    Column weight, delay;
    // What waits to be written.
    std::vector<std::uint32_t> source, target;
    std::vector<double> weights, delays;

    Sink(Projection p, std::size_t chunk, hid_t out)
        : projection(std::move(p)),
          weight(projection.list + "/weight", projection.weight_unit, chunk),
          delay(projection.list + "/delay", "ms", chunk) {
        for (const char* name : {"/source", "/target"})
            begin_list(out, projection.list + name, h5::type_of<std::uint32_t>(), chunk, "");
    }
    void write_ids(hid_t out, const std::vector<std::uint32_t>& s,
                   const std::vector<std::uint32_t>& t) {
        append_to(out, projection.list + "/source", h5::type_of<std::uint32_t>(), s.size(),
                  s.data());
        append_to(out, projection.list + "/target", h5::type_of<std::uint32_t>(), t.size(),
                  t.data());
        projection.synapses += s.size();
    }
    void look_at(double w) {
        if (w == 0.0) return;
        projection.least = std::min(projection.least, std::abs(w));
        projection.largest = std::max(projection.largest, std::abs(w));
    }
    void flush(hid_t out) {
        write_ids(out, source, target);
        for (const double w : weights) look_at(w);
        weight.append(out, weights.data(), weights.size());
        delay.append(out, delays.data(), delays.size());
        source.clear(), target.clear(), weights.clear(), delays.clear();
    }
};

}  // namespace snnsim::sonata
