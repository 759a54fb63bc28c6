# The names of the package for editors and type checkers, which do not follow the loading on demand of __init__.py.

from snnsim.errors import BusyError as BusyError
from snnsim.errors import ClosedError as ClosedError
from snnsim.errors import DataError as DataError
from snnsim.errors import DeviceError as DeviceError
from snnsim.errors import Error as Error
from snnsim.errors import FileError as FileError
from snnsim.errors import InternalError as InternalError
from snnsim.errors import Interrupted as Interrupted
from snnsim.errors import ModelError as ModelError
from snnsim.errors import NumericalError as NumericalError
from snnsim.errors import Problem as Problem
from snnsim.errors import RunWarning as RunWarning
from snnsim.errors import UsageError as UsageError
from snnsim.exchange import from_nir as from_nir
from snnsim.exchange import from_sonata as from_sonata
from snnsim.exchange import to_nir as to_nir
from snnsim.network import Evaluation as Evaluation
from snnsim.network import Network as Network
from snnsim.network import train as train
from snnsim.running import check as check
from snnsim.running import resume as resume
from snnsim.running import run as run
from snnsim.runs import Run as Run
from snnsim.simulation import Simulation as Simulation
from snnsim.simulation import Stretch as Stretch

__version__: str
