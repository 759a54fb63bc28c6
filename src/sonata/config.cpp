#include "src/sonata/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "snnsim/error.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/suggest.hpp"

namespace snnsim::sonata {
namespace {

namespace fs = std::filesystem;
using Variables = std::map<std::string, std::string>;

constexpr std::size_t most_variables = 1000, longest_text = 4096;
constexpr std::size_t most_files = 16;

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

/// `text` with what is known of its $NAME and ${NAME}.
std::string expanded(const std::string& text, const Variables& known, const std::string& place) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t dollar = std::min(text.find('$', at), text.size());
        out.append(text, at, dollar - at);
        at = dollar;
        if (at == text.size()) break;
        const bool braces = at + 1 < text.size() && text[at + 1] == '{';
        const std::size_t first = at + (braces ? 2 : 1);
        std::size_t last = first;
        while (last < text.size() && is_word(text[last])) ++last;
        const std::size_t end = braces ? last + 1 : last;
        const auto found = known.find(text.substr(first, last - first));
        const bool whole = last > first && (!braces || (last < text.size() && text[last] == '}'));
        if (whole && found != known.end()) {
            out += found->second;
            at = end;
        } else {
            out += text[at++];
        }
        if (out.size() > longest_text)
            throw FileError(fmt::format("{}: with its variables this text is longer than {} bytes",
                                        place, longest_text));
    }
    return out;
}

/// Variables may name others, in any order.
Variables manifest_of(const Item& root) {
    Variables known;
    const fs::path here = fs::absolute(root.file()).lexically_normal();
    known["configdir"] = here.parent_path().string();
    known["configfname"] = here.string();
    known["workingdir"] = fs::current_path().string();
    const std::optional<Item> manifest = root.find("manifest");
    if (!manifest) return known;
    std::map<std::string, Item> open;
    for (const auto& [key, item] : manifest->members())
        open.emplace(key.starts_with('$') ? key.substr(1) : key, item);
    if (open.size() > most_variables)
        manifest->fail(fmt::format("more than {} variables", most_variables));
    for (bool found = true; found && !open.empty();) {
        found = false;
        for (auto at = open.begin(); at != open.end();) {
            const std::string value = expanded(at->second.text(), known, at->second.place());
            if (value.find('$') == value.npos) {
                known[at->first] = value;
                at = open.erase(at);
                found = true;
            } else {
                ++at;
            }
        }
    }
    if (open.empty()) return known;
    std::vector<std::string> names;
    for (const auto& [name, item] : open) {
        if (names.size() == 10) break;
        names.push_back("$" + excerpt(name, 40));
    }
    manifest->fail("these name each other, or a variable that is not there: " + join(names));
}

void put_in(Json& value, const Variables& known, const std::string& file) {
    if (value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        if (text.find('$') != text.npos)
            value = expanded(text, known, fmt::format("{}: '{}'", file, excerpt(text, 60)));
    } else if (value.is_structured()) {
        for (Json& part : value) put_in(part, known, file);
    }
}

void add_file(Config& config, const std::string& file, std::vector<std::string> parents) {
    const std::string here = fs::absolute(file).lexically_normal();
    if (std::find(parents.begin(), parents.end(), here) != parents.end())
        throw FileError(
            fmt::format("{}: configurations name each other in a circle", parents.back()));
    if (config.texts.size() == most_files)
        throw FileError(
            fmt::format("{}: more than {} configurations belong together", file, most_files));
    parents.push_back(here);
    Json& json = *config.texts.emplace_back(read_json(file));
    const Item root(json, file, "");
    if (!json.is_object()) root.fail("a configuration must be an object");
    const Variables known = manifest_of(root);
    for (auto& [key, part] : json.items()) {
        if (key != "manifest") put_in(part, known, file);
    }
    for (const auto& [key, item] : root.members()) config.sections.insert_or_assign(key, item);
    for (const char* key : {"network", "simulation"}) {
        const std::optional<Item> part = root.find(key);
        if (part && part->value().is_string()) add_file(config, part->path(), parents);
    }
}

}  // namespace

const Item* Config::find(const std::string& section) const {
    const auto at = sections.find(section);
    return at == sections.end() || at->second.value().is_null() ? nullptr : &at->second;
}

std::string Config::component(const char* folder, const std::string& name) const {
    const Item* const components = find("components");
    if (!components)
        throw FileError(file +
                        ": components: the section is missing; it says where dynamics_params are");
    return (fs::path(components->at(folder).path()) / name).string();
}

Config read_config(const std::string& file) {
    Config out;
    out.file = file;
    add_file(out, file, {});
    return out;
}

}  // namespace snnsim::sonata
