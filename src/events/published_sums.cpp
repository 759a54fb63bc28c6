#include "src/events/published_sums.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "snnsim/error.hpp"
#include "src/files/input_file.hpp"

namespace snnsim {
namespace {

struct PublishedSum {
    const char *name, *md5;
};
/// As Norse prints them, of the unpacked files of SHD.
constexpr std::array unpacked{
    PublishedSum{"shd_train.h5", "8e9877c85f29a28dd353ea6a54402667"},
    PublishedSum{"shd_test.h5", "207ad1295a0ab611e22d1734989c254e"},
};
/// As tonic 1.7.0 and SpikingJelly 2.0.0 have them (SSC: tonic alone; CIFAR10-DVS: SpikingJelly),
/// those of .gz as Norse. A name may have several.
constexpr std::array archives{
    PublishedSum{"shd_train.h5.zip", "f3252aeb598ac776c1b526422d90eecb"},
    PublishedSum{"shd_test.h5.zip", "1503a5064faa34311c398fb0a1ed0a6f"},
    PublishedSum{"ssc_train.h5.zip", "d102be95e7144fcc0553d1f45ba94170"},
    PublishedSum{"ssc_valid.h5.zip", "b4eee3516a4a90dd0c71a6ac23a8ae43"},
    PublishedSum{"ssc_test.h5.zip", "a35ff1e9cffdd02a20eb850c17c37748"},
    PublishedSum{"shd_train.h5.gz", "d47c9825dee33347913e8ce0f2be08b0"},
    PublishedSum{"shd_test.h5.gz", "3062a80ec0c5719404d5b02e166543b1"},
    PublishedSum{"train.zip", "20959b8e626244a1b502305a9e6e2031"},
    PublishedSum{"test.zip", "69ca8762b2fe404d9b9bad1103e97832"},
    PublishedSum{"caltech101.zip", "66201824eabb0239c7ab992480b50ba3"},
    PublishedSum{"dvsgesture.tar.gz", "8a5c71fb11e24e5ca5b11866ca6c00a1"},
    PublishedSum{"airplane.zip", "0afd5c4bf9ae06af762a77b180354fdd"},
    PublishedSum{"automobile.zip", "8438dfeba3bc970c94962d995b1b9bdd"},
    PublishedSum{"bird.zip", "a9c207c91c55b9dc2002dc21c684d785"},
    PublishedSum{"cat.zip", "52c63c677c2b15fa5146a8daf4d56687"},
    PublishedSum{"deer.zip", "b6bf21f6c04d21ba4e23fc3e36c8a4a3"},
    PublishedSum{"dog.zip", "f379ebdf6703d16e0a690782e62639c3"},
    PublishedSum{"frog.zip", "cad6ed91214b1c7388a5f6ee56d08803"},
    PublishedSum{"horse.zip", "e7cbbf77bec584ffbf913f00e682782a"},
    PublishedSum{"ship.zip", "41c7bd7d6b251be82557c6cce9a7d5c9"},
    PublishedSum{"truck.zip", "89f3922fd147d9aeff89e76a2b0b70a7"},
};

std::string md5(const std::string& path) {
    require_readable(path);
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          &EVP_MD_CTX_free);
    if (!context || EVP_DigestInit_ex(context.get(), EVP_md5(), nullptr) != 1) return "";
    std::ifstream file(path, std::ios::binary);
    std::vector<char> buffer(1 << 20);
    while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())), file.gcount() > 0)
        EVP_DigestUpdate(context.get(), buffer.data(), static_cast<std::size_t>(file.gcount()));
    if (file.bad()) throw FileError("cannot read " + path);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    EVP_DigestFinal_ex(context.get(), digest.data(), &length);
    std::string hex;
    for (unsigned int k = 0; k < length; ++k) hex += fmt::format("{:02x}", digest[k]);
    return hex;
}

}  // namespace

std::string another_sum(const std::string& path) {
    const std::string name = std::filesystem::path(path).filename().string();
    for (const PublishedSum& known : unpacked) {
        if (name != known.name) continue;
        const std::string found = md5(path);  // empty where this system has no MD5
        if (found.empty() || found == known.md5) return "";
        return fmt::format(
            "{}: its MD5 is {}, and that of the published file {}: another release, "
            "or not the whole file",
            path, found, known.md5);
    }
    return "";
}

std::string about_archive(const std::string& path) {
    std::string name = std::filesystem::path(path).filename().string();
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto ends = [&](const char* end) { return name.ends_with(end); };
    if (!ends(".zip") && !ends(".gz") && !ends(".tar") && !ends(".tgz")) return "";
    const std::string unpack =
        fmt::format("{} is an archive: unpack it, and name what was in it", path);
    std::string expected;
    for (const PublishedSum& known : archives) {
        if (name != known.name) continue;
        const std::string found = md5(path);
        if (found.empty()) return unpack;
        if (found == known.md5) return unpack + " (it is the published file, whole)";
        expected = fmt::format(
            "{}; its MD5 is {}, and that of the published file {}: it is cut "
            "off, or another one: fetch it again",
            unpack, found, known.md5);
    }
    return expected.empty() ? unpack : expected;
}

}  // namespace snnsim
