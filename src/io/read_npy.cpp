#include "src/io/read_npy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <memory>
#include <string_view>

#include "snnsim/error.hpp"
#include "src/files/input_file.hpp"

namespace snnsim {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t longest_header = 65536;
constexpr std::size_t piece_bytes = 1 << 16;

/// What the header says.
struct Header {
    std::string type;
    bool fortran = false;
    std::vector<std::size_t> shape;
};

/// Takes the text of a header apart: "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }".
class HeaderText {
  public:
    explicit HeaderText(std::string_view text) : text_(text) {}

    Header read() {
        Header out;
        bool type = false, order = false, shape = false;
        expect('{');
        while (!take('}')) {
            const std::string_view key = quoted();
            expect(':');
            if (key == "descr" && !type) {
                out.type = quoted();
                type = true;
            } else if (key == "fortran_order" && !order) {
                out.fortran = boolean();
                order = true;
            } else if (key == "shape" && !shape) {
                out.shape = tuple();
                shape = true;
            } else {
                fail();
            }
            take(',');
        }
        if (!type || !order || !shape) fail();
        return out;
    }

  private:
    [[noreturn]] static void fail() {
        throw FileError("its header is none of a .npy array of numbers");
    }
    void skip() {
        while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\n'))
            text_.remove_prefix(1);
    }
    bool take(char c) {
        skip();
        if (text_.empty() || text_.front() != c) return false;
        text_.remove_prefix(1);
        return true;
    }
    void expect(char c) {
        if (!take(c)) fail();
    }
    std::string_view quoted() {
        expect('\'');
        const std::size_t end = text_.find('\'');
        if (end == std::string_view::npos) fail();
        const std::string_view word = text_.substr(0, end);
        text_.remove_prefix(end + 1);
        return word;
    }
    bool boolean() {
        skip();
        for (const std::string_view word : {std::string_view("True"), std::string_view("False")}) {
            if (!text_.starts_with(word)) continue;
            text_.remove_prefix(word.size());
            return word == "True";
        }
        fail();
    }
    std::vector<std::size_t> tuple() {
        std::vector<std::size_t> out;
        expect('(');
        while (!take(')')) {
            skip();
            std::size_t number = 0;
            const char* const last = text_.data() + text_.size();
            const auto [end, error] = std::from_chars(text_.data(), last, number);
            if (error != std::errc{}) fail();
            text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
            out.push_back(number);
            take(',');
        }
        return out;
    }

    std::string_view text_;
};

/// IEEE 754's binary16.
struct Half {
    std::uint16_t bits;
    explicit operator double() const {
        const int exponent = bits >> 10 & 31;
        const double mantissa = bits & 1023;
        const double size = exponent == 31  ? (mantissa > 0 ? NAN : INFINITY)
                            : exponent == 0 ? std::ldexp(mantissa, -24)
                                            : std::ldexp(mantissa + 1024, exponent - 25);
        return bits & 0x8000 ? -size : size;
    }
};
struct Boolean {
    std::uint8_t byte;
    explicit operator double() const { return byte != 0; }
};

template <class T>
void convert(const char* bytes, double* values, std::size_t count, bool swapped) {
    for (std::size_t k = 0; k < count; ++k, bytes += sizeof(T)) {
        std::array<char, sizeof(T)> item;
        std::memcpy(item.data(), bytes, sizeof(T));
        if (swapped) std::reverse(item.begin(), item.end());
        values[k] = static_cast<double>(std::bit_cast<T>(item));
    }
}

struct Type {
    std::string_view name;  // without the byte order
    std::size_t size;
    void (*convert)(const char*, double*, std::size_t, bool);
};
template <class T>
constexpr Type type(std::string_view name) {
    return {name, sizeof(T), convert<T>};
}
constexpr std::array types{
    type<double>("f8"),        type<float>("f4"),         type<Half>("f2"),
    type<std::int64_t>("i8"),  type<std::uint64_t>("u8"), type<std::int32_t>("i4"),
    type<std::uint32_t>("u4"), type<std::int16_t>("i2"),  type<std::uint16_t>("u2"),
    type<std::int8_t>("i1"),   type<std::uint8_t>("u1"),  type<Boolean>("b1"),
};

/// The number of characters of "S12" or "U3".
std::size_t text_length(std::string_view type) {
    std::size_t length = 0;
    const char* const last = type.data() + type.size();
    const auto [end, error] = std::from_chars(type.data() + 1, last, length);
    return error == std::errc{} && end == last && length < piece_bytes ? length : 0;
}

void append_utf8(std::string& text, std::uint32_t c) {
    if (c < 0x80) {
        text += static_cast<char>(c);
        return;
    }
    const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;  // bytes that follow the first
    text += static_cast<char>(0xff00 >> (more + 1) | c >> (6 * more));
    for (int k = more - 1; k >= 0; --k) text += static_cast<char>(0x80 | (c >> (6 * k) & 0x3f));
}

/// `values` as they lie where the first index runs fastest, with the last one fastest.
std::vector<double> last_index_fastest(const std::vector<double>& values,
                                       const std::vector<std::size_t>& shape) {
    std::vector<double> out(values.size());
    std::vector<std::size_t> index(shape.size(), 0);
    for (const double value : values) {
        std::size_t at = 0;
        for (std::size_t d = 0; d < shape.size(); ++d) at = at * shape[d] + index[d];
        out[at] = value;
        for (std::size_t d = 0; d < shape.size() && ++index[d] == shape[d]; ++d) index[d] = 0;
    }
    return out;
}

}  // namespace

ReadBytes bytes_of_file(const std::string& path) {
    auto file = std::make_shared<std::ifstream>(path, std::ios::binary);
    if (!*file) throw FileError("cannot open it");
    return [file](char* to, std::size_t most) {
        file->read(to, static_cast<std::streamsize>(most));
        if (file->bad()) throw FileError("cannot read it");
        return static_cast<std::size_t>(file->gcount());
    };
}

ReadBytes bytes_of(const char* data, std::size_t size) {
    return [data, size, at = std::size_t{0}](char* to, std::size_t most) mutable {
        const std::size_t count = std::min(most, size - at);
        std::memcpy(to, data + at, count);
        at += count;
        return count;
    };
}

NpyReader::NpyReader(ReadBytes bytes, std::uint64_t size) : bytes_(std::move(bytes)) {
    std::array<char, 12> first{};
    if (size < 10) throw FileError("it is no .npy array");
    fill(first.data(), 10);
    if (std::string_view(first.data(), magic.size()) != magic)
        throw FileError("it is no .npy array");
    const int version = first[6];
    if (version != 1 && version != 2)
        throw FileError(fmt::format("it has version {} of the format; 1 and 2 are read", version));
    std::uint32_t length = 0;
    std::uint64_t start = 10;
    if (version == 2) {
        fill(first.data() + 10, 2);
        start = 12;
        std::memcpy(&length, first.data() + 8, 4);
    } else {
        std::memcpy(&length, first.data() + 8, 2);
    }
    start += length;
    if (length > longest_header || start > size)
        throw FileError("its header is cut off or too long");
    std::string text(length, '\0');
    fill(text.data(), length);
    const Header header = HeaderText(text).read();
    fortran_ = header.fortran;
    shape_ = header.shape;
    type_ = header.type;
    header_bytes_ = start;
    set_type(header.type);
    const std::size_t most = (size - start) / item_size_;
    for (const std::size_t n : shape_) {
        if (n > 0 && count_ > most / n) {
            throw FileError(
                fmt::format("its shape ({}) says more values than the {} bytes it has can hold",
                            fmt::join(shape_, ", "), size - start));
        }
        count_ *= n;
    }
    if (size - start != count_ * item_size_)
        throw FileError(
            fmt::format("it should have {} values, which take {} bytes, but has {} "
                        "bytes of them",
                        count_, count_ * item_size_, size - start));
}

void NpyReader::set_type(const std::string& name) {
    const std::string_view rest =
        std::string_view(name).substr(std::min<std::size_t>(1, name.size()));
    swapped_ = name.starts_with('>');
    if (swapped_ || name.starts_with('<') || name.starts_with('|')) {
        for (const Type& type : types) {
            if (type.name != rest) continue;
            item_size_ = type.size;
            convert_ = type.convert;
            return;
        }
        if (rest.starts_with('S') || rest.starts_with('U')) {
            texts_ = rest.front() == 'S' ? Texts::bytes : Texts::unicode;
            item_size_ = text_length(rest) * (texts_ == Texts::bytes ? 1 : 4);
            if (item_size_ > 0) return;
        }
    }
    throw FileError(fmt::format(
        "its values are of type '{}'; real and whole numbers are read, as of np.float64",
        name.substr(0, 20)));
}

void NpyReader::fill(char* to, std::size_t count) {
    while (count > 0) {
        const std::size_t got = bytes_(to, count);
        if (got == 0) throw FileError("it is cut off");
        to += got;
        count -= got;
    }
}

void NpyReader::end() {
    char more;
    if (bytes_(&more, 1) != 0) throw FileError("it is longer than its header says");
}

std::vector<std::byte> NpyReader::read_stored() {
    std::vector<std::byte> out(count_ * item_size_);
    fill(reinterpret_cast<char*>(out.data()), out.size());
    end();
    return out;
}

void NpyReader::read(double* values, std::size_t count) {
    if (is_text()) throw FileError("it holds texts, not numbers");
    piece_.resize(std::min(count * item_size_, piece_bytes));
    while (count > 0) {
        const std::size_t now = std::min(count, piece_.size() / item_size_);
        fill(piece_.data(), now * item_size_);
        convert_(piece_.data(), values, now, swapped_);
        values += now;
        count -= now;
    }
}

NpyArray NpyReader::read_all(std::size_t most) {
    if (count_ > most)
        throw FileError(fmt::format("it has {} values; at most {} are used", count_, most));
    NpyArray out{shape_, std::vector<double>(count_)};
    read(out.values.data(), count_);
    end();
    if (first_index_fastest()) out.values = last_index_fastest(out.values, shape_);
    return out;
}

std::vector<std::string> NpyReader::read_texts(std::size_t most) {
    if (!is_text()) throw FileError("it holds numbers, not texts");
    if (count_ * item_size_ > most) throw FileError("its texts are too long");
    std::vector<std::string> out(count_);
    std::vector<char> item(item_size_);
    for (std::string& text : out) {
        fill(item.data(), item_size_);
        if (texts_ == Texts::bytes) {
            text.assign(item.begin(), item.end());
            text.resize(std::min(text.find_last_not_of('\0') + 1, text.size()));
            continue;
        }
        for (std::size_t k = 0; k < item_size_; k += 4) {
            std::array<char, 4> one;
            std::memcpy(one.data(), item.data() + k, 4);
            if (swapped_) std::reverse(one.begin(), one.end());
            const auto c = std::bit_cast<std::uint32_t>(one);
            if (c == 0) break;
            if (c > 0x10ffff) throw FileError("its texts are no Unicode");
            append_utf8(text, c);
        }
    }
    end();
    return out;
}

NpyArray read_npy(const std::string& path, std::size_t most) {
    if (const std::string wrong = why_unreadable(path); !wrong.empty()) throw FileError(wrong);
    return NpyReader(bytes_of_file(path), size_of_input(path)).read_all(most);
}

}  // namespace snnsim
