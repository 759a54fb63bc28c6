#include "src/io/packed_chunks.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

#include "snnsim/error.hpp"
#include "src/files/input_file.hpp"
#include "src/io/hdf5.hpp"
#include "src/io/hdf5_contents.hpp"

namespace snnsim::h5 {
namespace {

constexpr unsigned most_threads = 4;
constexpr std::size_t bytes_per_thread = 4 << 20;

struct Piece {
    Dims at;
    std::uint64_t address = 0, bytes = 0;
};

class Packed {
  public:
    Packed(const std::string& path, hid_t set, const std::string& name, hid_t memory)
        : set_(set),
          name_(name),
          type_(H5Dget_type(set), H5Tclose, name),
          memory_(memory),
          file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)),
          file_bytes_(size_of_input(path)) {}
    ~Packed() {
        if (file_ >= 0) ::close(file_);
    }
    Packed(const Packed&) = delete;
    Packed& operator=(const Packed&) = delete;

    /// Whether it is packed by gzip alone, or after its bytes were shuffled.
    bool is_usual() {
        const Handle how(H5Dget_create_plist(set_), H5Pclose, name_);
        unsigned options = 0;
        if (file_ < 0 || !plain_addresses(set_) || H5Pget_layout(how) != H5D_CHUNKED ||
            H5Pget_chunk_opts(how, &options) < 0 || options != 0)
            return false;
        bool deflate = false;
        for (int k = 0; k < H5Pget_nfilters(how); ++k) {
            unsigned flags = 0, config = 0;
            std::size_t no_values = 0;
            const H5Z_filter_t filter = H5Pget_filter2(how, static_cast<unsigned>(k), &flags,
                                                       &no_values, nullptr, 0, nullptr, &config);
            if (deflate || (filter == H5Z_FILTER_SHUFFLE && shuffled_)) return false;
            shuffled_ = shuffled_ || filter == H5Z_FILTER_SHUFFLE;
            deflate = filter == H5Z_FILTER_DEFLATE;
            if (!deflate && filter != H5Z_FILTER_SHUFFLE) return false;
        }
        const Handle space(H5Dget_space(set_), H5Sclose, name_);
        dims_.resize(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space)));
        H5Sget_simple_extent_dims(space, dims_.data(), nullptr);
        chunk_.resize(dims_.size());
        check(H5Pget_chunk(how, static_cast<int>(chunk_.size()), chunk_.data()), name_);
        stored_ = H5Tget_size(type_);
        wanted_ = H5Tget_size(memory_);
        converts_ = H5Tequal(type_, memory_) <= 0;
        values_ = 1;
        for (const hsize_t n : chunk_) values_ *= n;
        return deflate && !dims_.empty() && stored_ > 0;
    }

    void read(char* out) {
        find_pieces();
        std::atomic<std::size_t> next = 0;
        std::atomic<bool> failed = false;
        const auto work = [&] {
            print_no_errors();
            std::vector<char> packed, values, turned;
            for (std::size_t k = next++; k < pieces_.size() && !failed; k = next++) {
                if (!unpack(pieces_[k], packed, values, turned)) failed = true;
                if (!failed) place(pieces_[k], values, out);
            }
        };
        const std::size_t useful = 1 + pieces_.size() * values_ * stored_ / bytes_per_thread;
        const std::size_t threads =
            std::min({useful, std::size_t{most_threads},
                      std::size_t{std::max(1u, std::thread::hardware_concurrency())}});
        {
            std::vector<std::jthread> others;
            for (std::size_t k = 1; k < threads; ++k) others.emplace_back(work);
            work();
        }
        if (failed) fail();
    }

  private:
    [[noreturn]] void fail() const {
        throw FileError("cannot read the data set '" + name_ + "': it is damaged");
    }

    void find_pieces() {
        Dims at(dims_.size(), 0);
        for (bool more = true; more;) {
            Piece p{at, 0, 0};
            unsigned mask = 0;
            haddr_t address = HADDR_UNDEF;
            hsize_t bytes = 0;
            if (H5Dget_chunk_info_by_coord(set_, at.data(), &mask, &address, &bytes) < 0 ||
                address == HADDR_UNDEF || mask != 0 || bytes > file_bytes_)
                fail();
            p.address = address;
            p.bytes = bytes;
            pieces_.push_back(std::move(p));
            std::size_t d = dims_.size();
            for (more = false; d-- > 0 && !more;) {
                at[d] += chunk_[d];
                more = at[d] < dims_[d];
                if (!more) at[d] = 0;
            }
        }
    }

    bool unpack(const Piece& p, std::vector<char>& packed, std::vector<char>& values,
                std::vector<char>& turned) const {
        packed.resize(p.bytes);
        for (std::size_t done = 0; done < p.bytes;) {
            const ssize_t got = ::pread(file_, packed.data() + done, p.bytes - done,
                                        static_cast<off_t>(p.address + done));
            if (got <= 0) return false;
            done += static_cast<std::size_t>(got);
        }
        const std::size_t bytes = values_ * stored_;
        values.resize(values_ * std::max(stored_, wanted_));
        uLongf unpacked = bytes;
        if (uncompress(reinterpret_cast<Bytef*>(values.data()), &unpacked,
                       reinterpret_cast<const Bytef*>(packed.data()), p.bytes) != Z_OK ||
            unpacked != bytes)
            return false;
        if (shuffled_ && stored_ > 1) {
            turned.resize(bytes);
            for (std::size_t b = 0; b < stored_; ++b) {
                for (std::size_t k = 0; k < values_; ++k)
                    turned[k * stored_ + b] = values[b * values_ + k];
            }
            std::memcpy(values.data(), turned.data(), bytes);
        }
        if (!converts_) return true;
        const std::lock_guard one_at_a_time(hdf5_);
        return H5Tconvert(type_, memory_, values_, values.data(), nullptr, H5P_DEFAULT) >= 0;
    }

    /// Rows of the piece as far as the array reaches.
    void place(const Piece& p, const std::vector<char>& values, char* out) const {
        const std::size_t last = dims_.size() - 1;
        const std::size_t row = std::min(chunk_[last], dims_[last] - p.at[last]) * wanted_;
        Dims at(dims_.size(), 0);  // within the piece
        for (bool more = true; more;) {
            std::size_t from = 0, to = 0;
            for (std::size_t d = 0; d <= last; ++d) {
                from = from * chunk_[d] + at[d];
                to = to * dims_[d] + p.at[d] + at[d];
            }
            std::memcpy(out + to * wanted_, values.data() + from * wanted_, row);
            more = false;
            for (std::size_t d = last; d-- > 0 && !more;) {
                ++at[d];
                more = at[d] < chunk_[d] && p.at[d] + at[d] < dims_[d];
                if (!more) at[d] = 0;
            }
        }
    }

    const hid_t set_;
    const std::string name_;
    const Handle type_;
    const hid_t memory_;
    const int file_;
    const std::uint64_t file_bytes_;
    bool shuffled_ = false, converts_ = false;
    Dims dims_, chunk_;
    std::size_t stored_ = 0, wanted_ = 0, values_ = 0;  // bytes of a value; values of a piece
    std::vector<Piece> pieces_;
    mutable std::mutex hdf5_;  // one thread at a time may be in HDF5
};

}  // namespace

bool read_packed(const std::string& path, hid_t parent, const std::string& name, hid_t memory,
                 void* out) {
    const Handle set(H5Dopen2(parent, name.c_str(), H5P_DEFAULT), H5Dclose, name);
    Packed packed(path, set, name, memory);
    if (!packed.is_usual()) return false;
    packed.read(static_cast<char*>(out));
    return true;
}

}  // namespace snnsim::h5
