// Cells of NEST as those of ours: a table of names, units and NEST's own defaults.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "src/sonata/json_file.hpp"

namespace snnsim::sonata {

/// Parameters and states by NEST's names; true is 1, false 0.
using NestParameters = std::map<std::string, std::vector<double>>;

/// A parameter of a cell of ours, or what a state of it is at time 0.
struct CellValue {
    std::string nest, name, unit;
    double value = 0.0;
    double factor = 1.0;  // of NEST's unit
    bool initial = false;
};

struct Cell {
    std::string model;
    std::vector<std::pair<std::string, std::string>> choices;  // level: glif3
    std::vector<CellValue> values;
    std::string weight_unit, current_unit;  // "" of izhikevich
    int ports = 0;                          // receptors, where edges name one by its number
    double moved_t_ref =
        0.0;  // of a glif that lets other things decay over it: NEST's; 0: as it is

    /// Cells of which this is the same are one population.
    std::string kind() const;
};

/// "iaf_psc_exp, iaf_psc_alpha, ..."
std::string known_nest_models();
bool knows_nest_model(const std::string& model);

/// `model`: after the "nest:" of a template. Throws FileError without a place: a parameter that it
/// does not have, or one that would ask for what the cell here does not do.
Cell cell_of(const std::string& model, const NestParameters& given, double dt);
/// What a parameter of the cell is where NEST's is `value`.
double value_of(const CellValue& parameter, double value, double dt);

/// Numbers, truth values and lists of numbers of an object.
NestParameters parameters_of(const Item& object);
/// Whether it is a neuron of the Allen Institute's database, and what becomes of its model and
/// parameters in bmtk.
bool is_allen_glif(const std::string& model, const Item& object);
std::pair<std::string, NestParameters> allen_glif(const std::string& model, const Item& object);

}  // namespace snnsim::sonata
