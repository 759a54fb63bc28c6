// IDX files and data folders, good and bad.
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "snnsim/dataset.hpp"
#include "snnsim/error.hpp"
#include "src/data/idx.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

Bytes idx(std::vector<std::uint32_t> dims, std::size_t elements, std::uint8_t value = 1) {
    Bytes out{0, 0, 8, static_cast<std::uint8_t>(dims.size())};
    for (const std::uint32_t d : dims) {
        for (int shift = 24; shift >= 0; shift -= 8)
            out.push_back(static_cast<std::uint8_t>(d >> shift));
    }
    out.insert(out.end(), elements, value);
    return out;
}
Bytes gzip(const Bytes& data) {
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    Bytes out(data.size() + 1000);
    stream.next_in = const_cast<Bytef*>(data.data());
    stream.avail_in = static_cast<uInt>(data.size());
    stream.next_out = out.data();
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

class Data : public ::testing::Test {
  protected:
    fs::path folder = fs::temp_directory_path() / ("snnsim_data_test_" + std::to_string(getpid()));
    void SetUp() override { fs::create_directories(folder); }
    void TearDown() override { fs::remove_all(folder); }
    std::string write(const std::string& name, const Bytes& bytes) {
        std::ofstream file(folder / name, std::ios::binary);
        file.write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
        return (folder / name).string();
    }
    void write_set(std::uint32_t train = 6, std::uint32_t labels = 6, std::uint8_t label = 3) {
        write("train-images-idx3-ubyte", idx({train, 28, 28}, train * 784));
        write("train-labels.idx1-ubyte", idx({labels}, labels, label));
        write("t10k-images-idx3-ubyte.gz", gzip(idx({4, 28, 28}, 4 * 784)));
        write("t10k-labels-idx1-ubyte", idx({4}, 4, 9));
    }
    std::string message() {
        try {
            load_dataset(DataSet::mnist, folder.string());
        } catch (const DataError& e) {
            return e.what();
        }
        return "no error";
    }
};

void expect_says(const std::string& message, const std::string& part) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
}
std::string parse_error(const Bytes& bytes, int dims) {
    try {
        parse_idx(bytes, "some.idx", dims);
    } catch (const DataError& e) {
        return e.what();
    }
    return "no error";
}

TEST_F(Data, ReadsEitherSpellingPackedOrNot) {
    write_set();
    const Dataset data = load_dataset(DataSet::mnist, folder.string());
    EXPECT_EQ(data.train.count, 6);
    EXPECT_EQ(data.test.count, 4);
    EXPECT_EQ(data.train.inputs, 784);
    EXPECT_EQ(data.train.labels, std::vector<std::int32_t>(6, 3));
    EXPECT_EQ(data.test.in.pixels, Bytes(4 * 784, 1));
    ASSERT_EQ(data.warnings.size(), 4u);  // none is the published one
    expect_says(data.warnings[0],
                "train-images-idx3-ubyte is not the published file of mnist (its SHA-256 is ");
}

TEST(Idx, SaysWhatIsWrong) {
    expect_says(parse_error({0, 0}, 3), "some.idx: 2 bytes are too few");
    expect_says(parse_error({1, 2, 3, 4, 5}, 3), "not an IDX file: it begins with 01 02 03 04");
    expect_says(parse_error(idx({2}, 2), 3),
                "labels file given where images were expected: magic 2049, expected 2051");
    Bytes floats = idx({2}, 8);
    floats[2] = 0x0D;
    expect_says(parse_error(floats, 1), "element type 0x0d, expected 0x08");
    expect_says(parse_error(idx({5}, 4), 1),
                "12 bytes, but the header says 13: the file is cut off");
    expect_says(parse_error(idx({5}, 6), 1), "too long");
    expect_says(parse_error(idx({4000000000u, 4000000000u, 4000000000u}, 1), 3), "more than 1 GiB");
    expect_says(parse_error({0, 0, 8, 3, 0}, 3), "the header is cut off");
}

TEST_F(Data, DamagedGzip) {
    write_set();
    Bytes packed = gzip(idx({4, 28, 28}, 4 * 784));
    const std::string path =
        write("t10k-images-idx3-ubyte.gz", Bytes(packed.begin(), packed.end() - 9));
    expect_says(message(), path + ": damaged gzip data");
    packed[packed.size() - 6] ^= 1;  // the CRC
    write("t10k-images-idx3-ubyte.gz", packed);
    expect_says(message(), "damaged gzip data: its checksum is another");
}

TEST_F(Data, AsMuchIsUnpackedAsTheHeaderSays) {
    write_set();
    const Bytes whole = idx({4, 28, 28}, 4 * 784);
    Bytes longer = whole;
    longer.resize(50 << 20);
    const std::string path = write("t10k-images-idx3-ubyte.gz", gzip(longer));
    EXPECT_EQ(read_unpacked(path).size(), whole.size() + 1);
    expect_says(message(), "the header says 3152 bytes, and more follow: the file is too long");
    // A header that claims more than the few bytes after it can unpack to.
    Bytes claim = idx({4, 28, 28}, 4 * 784);
    claim[5] = 0x0F;
    write("t10k-images-idx3-ubyte.gz", gzip(claim));
    expect_says(message(), "the header says 771 MB, more than");
    claim[5] = 0x3F;  // 3.2 GB, whatever it unpacks to
    write("t10k-images-idx3-ubyte.gz", gzip(claim));
    expect_says(message(), "the header asks for more than 1 GiB");
    Bytes none(100);
    none[0] = 7;
    write("t10k-images-idx3-ubyte.gz", gzip(none));
    expect_says(message(), "not an IDX file: it begins with 07 00 00 00");
}

TEST_F(Data, PartsThatDoNotFit) {
    write_set(6, 5);
    expect_says(message(), "6 images in train-images-idx3-ubyte, but 5 labels");
    write_set(6, 6, 10);
    expect_says(message(), "label 10 of sample 0 is not below 10");
    write_set();
    write("train-images-idx3-ubyte", idx({6, 14, 14}, 6 * 196));
    expect_says(message(), "images of 14x14, expected 28x28");
    fs::remove(folder / "train-images-idx3-ubyte");
    expect_says(message(), "train-images-idx3-ubyte is not there; put these four files into it");
}

TEST_F(Data, NowhereToBeFoundSaysWhatToPutWhere) {
    // An empty cache, and a python3 that cannot fetch.
    write("python3", {});
    fs::permissions(folder / "python3", fs::perms::owner_all);
    const std::string path = std::getenv("PATH");
    const char* cache = std::getenv("XDG_CACHE_HOME");
    const std::string cache_before = cache ? cache : "";
    setenv("XDG_CACHE_HOME", (folder / "cache").c_str(), 1);
    setenv("PATH", folder.c_str(), 1);
    std::string said;
    try {
        load_dataset(DataSet::mnist);
    } catch (const DataError& e) {
        said = e.what();
    }
    setenv("PATH", path.c_str(), 1);
    cache ? setenv("XDG_CACHE_HOME", cache_before.c_str(), 1) : unsetenv("XDG_CACHE_HOME");
    expect_says(said, "MNIST is not on this machine and could not be fetched");
    expect_says(said, "put these four files into " + (folder / "cache/snnsim/mnist").string());
    expect_says(said, "t10k-labels-idx1-ubyte");
    expect_says(said, "--data-dir");
}

TEST(Sha256, KnownAnswer) {
    EXPECT_EQ(sha256("abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace snnsim
