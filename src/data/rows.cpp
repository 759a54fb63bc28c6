#include "src/data/rows.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <list>
#include <type_traits>
#include <unordered_map>

#include "snnsim/error.hpp"

namespace snnsim {
namespace {

/// IEEE numbers of 16 bits.
struct Half {
    std::uint16_t bits;

    explicit operator double() const {
        const int exponent = bits >> 10 & 31;
        const double fraction = bits & 1023, sign = bits >> 15 ? -1.0 : 1.0;
        if (exponent == 31) return fraction == 0.0 ? sign * HUGE_VAL : NAN;
        return sign * (exponent == 0 ? std::ldexp(fraction, -24)
                                     : std::ldexp(1024.0 + fraction, exponent - 25));
    }
};

template <class Stored, class T>
void convert_from(const std::byte* from, std::size_t count, T* to) {
    for (std::size_t k = 0; k < count; ++k) {
        Stored value;
        std::memcpy(&value, from + k * sizeof(Stored), sizeof(Stored));
        if constexpr (std::is_same_v<Stored, Half>) {
            to[k] = static_cast<T>(static_cast<double>(value));
        } else {
            to[k] = static_cast<T>(value);
        }
    }
}

template <class F>
void visit_type(const NumberType& type, F&& f) {
    const auto of_size = [&]<class A, class B, class C, class D>(A a, B b, C c, D d) {
        switch (type.size) {
            case 1:
                return f(a);
            case 2:
                return f(b);
            case 4:
                return f(c);
            case 8:
                return f(d);
        }
        throw InternalError("numbers of another size");
    };
    switch (type.kind) {
        case NumberKind::boolean:
        case NumberKind::natural:
            return of_size(std::uint8_t{}, std::uint16_t{}, std::uint32_t{}, std::uint64_t{});
        case NumberKind::whole:
            return of_size(std::int8_t{}, std::int16_t{}, std::int32_t{}, std::int64_t{});
        case NumberKind::real:
            SNN_EXPECT(type.size > 1);
            return of_size(std::uint8_t{}, Half{}, float{}, double{});
    }
}

class OpenFile {
  public:
    explicit OpenFile(const std::string& path)
        : path_(path), descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
        if (descriptor_ < 0)
            throw DataError(fmt::format("cannot open {}: {}", path, std::strerror(errno)));
        posix_fadvise(descriptor_, 0, 0, POSIX_FADV_RANDOM);
    }
    ~OpenFile() { close(descriptor_); }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    void read(std::uint64_t offset, std::uint64_t bytes, std::byte* out) const {
        while (bytes > 0) {
            const ssize_t got = pread(descriptor_, out, bytes, static_cast<off_t>(offset));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) throw DataError(fmt::format("{}: {}", path_, std::strerror(errno)));
            if (got == 0) throw DataError(path_ + ": it is shorter than it says: cut off?");
            offset += static_cast<std::uint64_t>(got);
            bytes -= static_cast<std::uint64_t>(got);
            out += got;
        }
    }
    void will_read(std::uint64_t offset, std::uint64_t bytes) const {
        posix_fadvise(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(bytes),
                      POSIX_FADV_WILLNEED);
    }

  private:
    const std::string path_;
    const int descriptor_;
};

class RowsInFile final : public Rows {
  public:
    RowsInFile(const std::string& file, const std::string& name,
               const std::vector<std::uint64_t>& shape, const NumberType& type,
               const Placement& placement)
        : Rows(file, name, shape, type), open_(file), at_(placement) {}

    std::string why_not_anywhere() const override { return ""; }

    void read(std::uint64_t first, std::uint64_t rows, std::byte* out) const override {
        if (at_.rows_per_chunk == 0) {
            open_.read(at_.offset + first * row_bytes(), rows * row_bytes(), out);
            return;
        }
        while (rows > 0) {
            const std::uint64_t chunk = first / at_.rows_per_chunk,
                                within = first % at_.rows_per_chunk,
                                now = std::min(rows, at_.rows_per_chunk - within);
            const Placement::Chunk& c = at_.chunks[chunk];
            if (packed(c)) {
                std::memcpy(out, unpacked(chunk).data() + within * row_bytes(), now * row_bytes());
            } else {
                open_.read(c.offset + within * row_bytes(), now * row_bytes(), out);
            }
            first += now;
            rows -= now;
            out += now * row_bytes();
        }
    }

    void will_read(std::uint64_t first, std::uint64_t rows) const override {
        if (at_.rows_per_chunk == 0) {
            open_.will_read(at_.offset + first * row_bytes(), rows * row_bytes());
            return;
        }
        for (std::uint64_t chunk = first / at_.rows_per_chunk;
             chunk <= (first + rows - 1) / at_.rows_per_chunk; ++chunk)
            open_.will_read(at_.chunks[chunk].offset, at_.chunks[chunk].bytes);
    }

  private:
    static constexpr std::size_t most_unpacked = 64 << 20;  // bytes kept

    bool packed(const Placement::Chunk& c) const {
        return c.packed && (at_.deflate || at_.shuffle);
    }

    /// A chunk as it was before it was packed; the last ones are kept.
    const std::vector<std::byte>& unpacked(std::uint64_t number) const {
        if (const auto found = where_.find(number); found != where_.end()) {
            kept_.splice(kept_.begin(), kept_, found->second);
            return kept_.front().second;
        }
        const std::size_t bytes = at_.rows_per_chunk * row_bytes();
        while (!kept_.empty() && (kept_.size() + 1) * bytes > most_unpacked) {
            where_.erase(kept_.back().first);
            kept_.pop_back();
        }
        kept_.emplace_front(number, unpack(at_.chunks[number], bytes));
        where_[number] = kept_.begin();
        return kept_.front().second;
    }

    std::vector<std::byte> unpack(const Placement::Chunk& c, std::size_t bytes) const {
        std::vector<std::byte> stored(c.bytes);
        open_.read(c.offset, c.bytes, stored.data());
        if (at_.deflate) {
            std::vector<std::byte> inflated(bytes);
            uLongf size = bytes;
            if (uncompress(reinterpret_cast<Bytef*>(inflated.data()), &size,
                           reinterpret_cast<const Bytef*>(stored.data()), stored.size()) != Z_OK ||
                size != bytes)
                throw DataError(
                    fmt::format("{}: {} cannot be unpacked: it is damaged", file, name));
            stored = std::move(inflated);
        }
        if (!at_.shuffle || type.size == 1) return stored;
        // Byte b of all numbers lies together.
        std::vector<std::byte> out(bytes);
        const std::size_t numbers = bytes / type.size;
        for (std::size_t b = 0; b < type.size; ++b) {
            for (std::size_t k = 0; k < numbers; ++k)
                out[k * type.size + b] = stored[b * numbers + k];
        }
        return out;
    }

    const OpenFile open_;
    const Placement at_;
    using Kept = std::list<std::pair<std::uint64_t, std::vector<std::byte>>>;
    mutable Kept kept_;  // the last one used first
    mutable std::unordered_map<std::uint64_t, Kept::iterator> where_;
};

}  // namespace

std::string NumberType::name() const {
    constexpr const char* kinds[] = {"bool", "uint", "int", "float"};
    const std::string kind = kinds[static_cast<int>(this->kind)];
    return this->kind == NumberKind::boolean ? kind : kind + std::to_string(8 * size);
}

Rows::Rows(std::string file, std::string name, std::vector<std::uint64_t> shape, NumberType type)
    : file(std::move(file)), name(std::move(name)), shape(std::move(shape)), type(type) {
    SNN_EXPECT(!this->shape.empty());
    for (std::size_t k = 1; k < this->shape.size(); ++k) row_size_ *= this->shape[k];
}

std::string Rows::shape_text() const {
    return fmt::format("[{}]", fmt::join(shape, ", "));
}

template <class T>
void convert_numbers(const NumberType& type, const std::byte* from, std::size_t count, T* to) {
    visit_type(type, [&]<class Stored>(Stored) { convert_from<Stored>(from, count, to); });
}
template void convert_numbers(const NumberType&, const std::byte*, std::size_t, float*);
template void convert_numbers(const NumberType&, const std::byte*, std::size_t, double*);
template void convert_numbers(const NumberType&, const std::byte*, std::size_t, std::int64_t*);

template <class T>
void Rows::read_to(std::uint64_t first, std::uint64_t rows, T* out) const {
    constexpr NumberType as_it_is{std::is_integral_v<T> ? NumberKind::whole : NumberKind::real,
                                  sizeof(T)};
    if (type == as_it_is) {
        read(first, rows, reinterpret_cast<std::byte*>(out));
        return;
    }
    constexpr std::uint64_t most = 16 << 20;  // bytes at a time
    const std::uint64_t step =
        std::max<std::uint64_t>(1, most / std::max<std::uint64_t>(1, row_bytes()));
    std::vector<std::byte> bytes;
    for (std::uint64_t done = 0; done < rows; done += step) {
        const std::uint64_t now = std::min(step, rows - done);
        bytes.resize(now * row_bytes());
        read(first + done, now, bytes.data());
        convert_numbers(type, bytes.data(), now * row_size(), out + done * row_size());
    }
}
template void Rows::read_to(std::uint64_t, std::uint64_t, float*) const;
template void Rows::read_to(std::uint64_t, std::uint64_t, double*) const;
template void Rows::read_to(std::uint64_t, std::uint64_t, std::int64_t*) const;

template <class T>
std::vector<T> Rows::read_as(std::uint64_t first, std::uint64_t rows) const {
    std::vector<T> out(rows * row_size());
    read_to(first, rows, out.data());
    return out;
}
template std::vector<float> Rows::read_as(std::uint64_t, std::uint64_t) const;
template std::vector<double> Rows::read_as(std::uint64_t, std::uint64_t) const;
template std::vector<std::int64_t> Rows::read_as(std::uint64_t, std::uint64_t) const;

std::shared_ptr<const Rows> rows_in_file(const std::string& file, const std::string& name,
                                         const std::vector<std::uint64_t>& shape,
                                         const NumberType& type, const Placement& placement) {
    return std::make_shared<RowsInFile>(file, name, shape, type, placement);
}

}  // namespace snnsim
