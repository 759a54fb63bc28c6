#include "src/io/read_npy.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string_view>

#include "snnsim/error.hpp"
#include "src/files/input_file.hpp"

namespace snnsim {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t longest_header = 65536;

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
        throw FileError("its header is none of a .npy file of real numbers");
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

template <class T>
double number_at(const char* bytes) {
    T value;
    std::memcpy(&value, bytes, sizeof(T));
    return static_cast<double>(value);
}

struct Type {
    std::string_view name;
    std::size_t size;
    double (*read)(const char*);
};
constexpr std::array types{
    Type{"<f8", 8, number_at<double>},       Type{"<f4", 4, number_at<float>},
    Type{"<i8", 8, number_at<std::int64_t>}, Type{"<u8", 8, number_at<std::uint64_t>},
    Type{"<i4", 4, number_at<std::int32_t>}, Type{"<u4", 4, number_at<std::uint32_t>},
    Type{"<i2", 2, number_at<std::int16_t>}, Type{"<u2", 2, number_at<std::uint16_t>},
    Type{"|i1", 1, number_at<std::int8_t>},  Type{"|u1", 1, number_at<std::uint8_t>},
};

const Type& type_named(const std::string& name) {
    for (const Type& type : types) {
        if (type.name == name) return type;
    }
    throw FileError(fmt::format(
        "its values are of type '{}'; real numbers are read, as of np.float64 (little endian)",
        name.substr(0, 20)));
}

Header read_header(std::ifstream& file, std::uintmax_t size, std::size_t& start) {
    std::array<char, 12> first{};
    file.read(first.data(), 10);
    if (!file || std::string_view(first.data(), magic.size()) != magic)
        throw FileError("it is no .npy file");
    const int version = first[6];
    if (version != 1 && version != 2)
        throw FileError(fmt::format("it has version {} of the format; 1 and 2 are read", version));
    std::uint32_t length = 0;
    start = 10;
    if (version == 2) {
        file.read(first.data() + 10, 2);
        start = 12;
        std::memcpy(&length, first.data() + 8, 4);
    } else {
        std::memcpy(&length, first.data() + 8, 2);
    }
    if (!file || length > longest_header || start + length > size)
        throw FileError("its header is cut off or too long");
    std::string text(length, '\0');
    file.read(text.data(), static_cast<std::streamsize>(length));
    if (!file) throw FileError("its header is cut off");
    start += length;
    return HeaderText(text).read();
}

}  // namespace

NpyArray read_npy(const std::string& path, std::size_t most) {
    if (const std::string wrong = why_unreadable(path); !wrong.empty()) throw FileError(wrong);
    const std::uintmax_t size = size_of_input(path);
    std::ifstream file(path, std::ios::binary);
    if (!file) throw FileError("cannot open it");
    std::size_t start = 0;
    const Header header = read_header(file, size, start);
    const Type& type = type_named(header.type);
    if (header.shape.empty() || header.shape.size() > 2)
        throw FileError(
            fmt::format("it has {} dimensions; one or two are read", header.shape.size()));
    if (header.fortran && header.shape.size() > 1)
        throw FileError(
            "its columns are stored one after the other (fortran_order); save "
            "np.ascontiguousarray(x)");
    std::size_t count = 1;
    for (const std::size_t n : header.shape) {
        if (n > 0 && count > most / n)
            throw FileError(
                fmt::format("it claims more than {} values, the most that are used", most));
        count *= n;
    }
    if (size - start != count * type.size)
        throw FileError(
            fmt::format("it should have {} values, which take {} bytes, but has {} "
                        "bytes of them",
                        count, count * type.size, size - start));
    std::vector<char> bytes(count * type.size);
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!file) throw FileError("cannot read it");
    NpyArray out{header.shape, std::vector<double>(count)};
    for (std::size_t k = 0; k < count; ++k) out.values[k] = type.read(bytes.data() + k * type.size);
    return out;
}

}  // namespace snnsim
