#include "src/io/write_parts.hpp"

#include <algorithm>

#include "src/io/model_place.hpp"

namespace snnsim {

void write_provenance(hid_t root, const Provenance& p, RunStatus status) {
    const std::uint32_t magic = 0x0A7A, version[2] = {0, 1};  // of SONATA files
    h5::write_number(root, "magic", magic);
    h5::write_attribute(root, "version", H5T_NATIVE_UINT32, {2}, version);
    h5::write_text(root, "format", "snnsim run");
    h5::write_number<std::uint32_t>(root, "format_version", 1);
    h5::write_text(root, "snnsim_version", p.version);
    h5::write_text(root, "git", p.git);
    h5::write_text(root, "model_name", p.model_name);
    write_model_place(root, p.model_path);
    h5::write_text(root, "model", p.model_text);
    h5::write_text(root, "model_sha256", p.model_sha256);
    h5::write_texts(root, "overrides", p.overrides);
    h5::write_number(root, "seed", p.seed);
    h5::write_number(root, "dt", p.dt);
    h5::write_text(root, "dt_units", "ms");
    h5::write_text(root, "backend", p.backend);
    h5::write_text(root, "device", p.device);
    h5::write_number<std::int64_t>(root, "threads", p.threads);
    h5::write_text(root, "host", p.host);
    h5::write_text(root, "started", p.started);
    h5::write_text(root, "finished", p.finished);
    h5::write_text(root, "status", name_of(status));
}

void write_sorted_by_time(hid_t population) {
    const h5::Handle type(H5Tenum_create(H5T_STD_U8LE), H5Tclose, "enumeration");
    std::uint8_t value = 0;
    for (const char* name : {"none", "by_id", "by_time"}) {
        h5::check(H5Tenum_insert(type, name, &value), "enumeration");
        ++value;
    }
    const std::uint8_t by_time = 2;
    h5::write_attribute(population, "sorting", type, {}, &by_time);
    const h5::Handle ids(H5Dopen2(population, "node_ids", H5P_DEFAULT), H5Dclose, "node_ids");
    h5::write_text(ids, "sorting", "by_time");
}

void write_classes(hid_t parent, const std::string& path,
                   const std::vector<std::int32_t>& classes) {
    const bool small = std::all_of(classes.begin(), classes.end(),
                                   [](std::int32_t c) { return c >= 0 && c < 256; });
    if (small) {
        h5::write_vector(parent, path, std::vector<std::uint8_t>(classes.begin(), classes.end()),
                         "1");
    } else {
        h5::write_vector(parent, path, classes, "1");
    }
}

}  // namespace snnsim
