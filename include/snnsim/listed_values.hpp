// Values of single cells that stand in the model file or in a file that it names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/fields.hpp"
#include "snnsim/location.hpp"

namespace snnsim {

/// Where numbers come from, as the model file says it.
struct NumbersFile {
    std::string file;     // .npy, .csv or .h5; relative to the model file
    std::string dataset;  // in an .h5 file
    std::string column;   // in a .csv file
    std::string unit;     // "" where the model file says none
    std::string sha256;   // once it is read
    Location at;
};

/// One value for each cell.
struct ListedValues {
    std::vector<double> values;
    NumbersFile from;  // file: empty where the values stand in the model file
    std::string unit;  // that is wanted
    Limits limits;     // of each value
    std::string key;   // "v_th"
};

/// A current over time, from a file: the same for all cells, or one for each.
struct Waveform {
    std::vector<double> times;  // ms, ascending: when a row begins
    std::vector<float> values;  // [time][cell], or [time]
    std::size_t cells = 0;      // 0: the same for all
    double end = 0.0;           // ms; infinite: the last row lasts
    std::string sha256;         // of the file
};

}  // namespace snnsim
